/*
 * The command line: options of the program and of the command in any order, around the command and
 * its arguments. getopt_long does the splitting, the table of options the rest.
 */
#include <getopt.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/cli.h"

enum { LONG = 256, SHORTS = 2 + 2 * OPTIONS + 1 };

struct parser {
    struct option longs[OPTIONS + 1];
    char shorts[SHORTS];
    uint64_t given; /* bit set of option ids */
};

static void build(struct parser *p)
{
    char *at = p->shorts;

    *at++ = '-'; /* arguments come in order */
    *at++ = ':'; /* a missing value is told apart */
    for (unsigned id = 0; id < OPTIONS; id++) {
        const struct option_row *row = option_row((enum option_id)id);

        p->longs[id] = (struct option){row->name, row->argument ? required_argument : no_argument,
                                       NULL, LONG + (int)id};
        if (row->letter)
            *at++ = row->letter;
        if (row->letter && row->argument)
            *at++ = ':';
    }
    *at = '\0';
}

/* The nearest option that the command takes (all global ones while there is no command). */
static const char *nearest_option(const struct cli *cli, const char *name)
{
    const char *names[OPTIONS];
    size_t n = 0;

    for (unsigned id = 0; id < OPTIONS; id++) {
        const struct option_row *row = option_row((enum option_id)id);

        if (!row->hidden &&
            (!cli->command || option_taken((enum option_id)id, cli->command->takes)))
            names[n++] = row->name;
    }
    return name_nearest(name, names, n);
}

static void hint_option(const struct cli *cli, const char *name, struct error *e)
{
    const char *near = nearest_option(cli, name);

    if (near && !str_same(near, name))
        error_hint(e, "did you mean --%s?", near);
    else if (cli->command)
        error_hint(e, "lockstep %s --help lists its options", cli->command->name);
    else
        error_hint(e, "lockstep --help lists the options");
}

/* word: as written, from its dashes on */
static int unknown_option(const struct cli *cli, const char *word, struct error *e)
{
    CLEANUP_STR struct str name = STR_INIT;

    if (word[0] == '-' && word[1] == '-')
        str_addn(&name, word + 2, strcspn(word + 2, "="));
    error_set(e, E_INVALID, "unknown option %.*s", (int)strcspn(word, "="), word);
    hint_option(cli, str_text(&name), e);
    return E_INVALID;
}

static int unknown_letter(const struct cli *cli, int letter, struct error *e)
{
    error_set(e, E_INVALID, "unknown option -%c", letter);
    hint_option(cli, "", e);
    return E_INVALID;
}

static int missing_value(int code, struct error *e)
{
    enum option_id id = code >= LONG ? (enum option_id)(code - LONG) : option_by_letter((char)code);

    return error_set(e, E_INVALID, "--%s needs %s", option_row(id)->name, option_row(id)->argument);
}

static int take_argument(struct cli *cli, char *word, struct error *e)
{
    const char *near;

    if (cli->command) {
        cli->args[cli->n_args++] = word;
        return E_OK;
    }
    cli->command = command_find(word);
    if (cli->command)
        return E_OK;
    error_set(e, E_INVALID, "unknown command '%s'", word);
    near = command_nearest(word);
    if (near)
        error_hint(e, "did you mean %s?", near);
    else
        error_hint(e, "lockstep --help lists the commands");
    return E_INVALID;
}

/* getopt takes beginnings of names for the names; a script must not come to depend on them. */
static bool written_out(const char *word, enum option_id id)
{
    const char *name = option_row(id)->name;
    size_t len = strlen(name);

    return strncmp(word + 2, name, len) == 0 && (word[2 + len] == '\0' || word[2 + len] == '=');
}

/* -1 and -12 are targets, not options */
static bool is_target(const char *word)
{
    return word && word[0] == '-' && word[1] && strspn(word + 1, "0123456789") == strlen(word + 1);
}

static int take_option(struct cli *cli, struct parser *p, int code, const char *word,
                       struct error *e)
{
    enum option_id id = code >= LONG ? (enum option_id)(code - LONG) : option_by_letter((char)code);

    if (id >= OPTIONS)
        return unknown_letter(cli, code, e);
    if (code >= LONG && !written_out(word, id))
        return unknown_option(cli, word, e);
    p->given |= UINT64_C(1) << id;
    return option_take(id, optarg, &cli->options, e);
}

static int take_all(struct cli *cli, struct parser *p, int argc, char **argv, struct error *e)
{
    opterr = 0;
    for (;;) {
        char *word = optind < argc ? argv[optind] : NULL;
        int code, rc;

        if (is_target(word)) {
            rc = take_argument(cli, argv[optind++], e);
        } else {
            code = getopt_long(argc, argv, p->shorts, p->longs, NULL);
            if (code == -1 || !word)
                break;
            if (code == 1)
                rc = take_argument(cli, optarg, e);
            else if (code == ':')
                rc = missing_value(optopt, e);
            else if (code == '?' && optopt > 0 && optopt < LONG)
                rc = unknown_letter(cli, optopt, e);
            else if (code == '?' && optopt >= LONG)
                rc = error_set(e, E_INVALID, "--%s takes no value",
                               option_row((enum option_id)(optopt - LONG))->name);
            else if (code == '?')
                rc = unknown_option(cli, word, e);
            else
                rc = take_option(cli, p, code, word, e);
        }
        if (rc != E_OK)
            return rc;
    }
    while (optind < argc) { /* behind -- */
        int rc = take_argument(cli, argv[optind++], e);

        if (rc != E_OK)
            return rc;
    }
    return E_OK;
}

static int check_options(const struct cli *cli, uint64_t given, struct error *e)
{
    for (unsigned id = 0; id < OPTIONS; id++) {
        const char *name = option_row((enum option_id)id)->name;

        if (!(given & (UINT64_C(1) << id)) ||
            option_taken((enum option_id)id, cli->command ? cli->command->takes : 0))
            continue;
        if (!cli->command)
            return error_set(e, E_INVALID, "--%s needs a command", name);
        error_set(e, E_INVALID, "%s takes no --%s", cli->command->name, name);
        hint_option(cli, name, e);
        return E_INVALID;
    }
    return E_OK;
}

static int check_arguments(const struct cli *cli, struct error *e)
{
    const struct command *c = cli->command;

    if (!c || cli->options.help || (cli->n_args >= c->least && cli->n_args <= c->most))
        return E_OK;
    if (cli->n_args > c->most)
        error_set(e, E_INVALID, "%s: one argument too many: '%s'", c->name, cli->args[c->most]);
    else
        error_set(e, E_INVALID, "%s needs %s", c->name, c->arguments);
    error_hint(e, "lockstep %s --help says more", c->name);
    return E_INVALID;
}

/* Also an error in the options must come as JSON to whoever asked for it. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && !str_same(argv[i], "--"); i++)
        if (str_same(argv[i], "--json"))
            return true;
    return false;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct error *e)
{
    struct parser p = {0};
    int rc;

    cli->options.json = wants_json(argc, argv);
    cli->args = calloc((size_t)argc + 1, sizeof *cli->args);
    if (!cli->args)
        return error_oom(e);
    build(&p);
    rc = take_all(cli, &p, argc, argv, e);
    if (rc == E_OK)
        rc = check_options(cli, p.given, e);
    return rc == E_OK ? check_arguments(cli, e) : rc;
}
