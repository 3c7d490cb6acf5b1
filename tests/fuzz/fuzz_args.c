/* A command line of any words, one a line, is understood or refused. */
#include <getopt.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "cli/cli.h"
#include "fuzz.h"

enum { MOST_WORDS = 64 };

/* getopt keeps where it was; the program asks it once, here it must begin anew. */
static void forget(char *name)
{
    char *none[] = {name, NULL};

    optind = 0;
    getopt(1, none, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[] = "lockstep";
    CLEANUP_STR struct str text = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    char *argv[MOST_WORDS + 2] = {name}, *rest = NULL;
    struct cli cli = {0};
    int argc = 1;

    str_addn(&text, (const char *)data, size);
    if (!text.len)
        return 0;
    for (char *word = strtok_r(text.data, "\n", &rest); word && argc <= MOST_WORDS;
         word = strtok_r(NULL, "\n", &rest))
        argv[argc++] = word;
    forget(name);
    if (cli_parse(&cli, argc, argv, &e) != E_OK)
        PROMISE(e.code != E_OK, "what is refused says why");
    else
        PROMISE(cli.options.jobs >= 0 && cli.options.wait_ms >= 0, "no number is negative");
    free(cli.args);
    return 0;
}
