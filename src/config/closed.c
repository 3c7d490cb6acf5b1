#include "config/closed.h"

#include <ctype.h>
#include <string.h>

/* Where what opens at `at` ends (behind its last byte), or NULL when it never does. */
static const char *behind_quote(const char *at)
{
    char quote = *at++;

    for (; *at != quote; at++) {
        if (*at == '\\' && at[1])
            at++;
        if (!*at)
            return NULL;
    }
    return at + 1;
}

static const char *behind_comment(const char *at)
{
    const char *close = strstr(at + 2, "*/");

    return close ? close + 2 : NULL;
}

/* One token; *what is what it opens when it never ends, or the brace it is. */
static const char *behind_token(const char *at, char *what)
{
    *what = '\0';
    if (*at == '#' || (at[0] == '/' && at[1] == '/'))
        return at + strcspn(at, "\n");
    if (at[0] == '$' && at[1] == '{' && strchr(at, '}')) /* a variable of the environment */
        return strchr(at, '}') + 1;
    if (at[0] == '/' && at[1] == '*') {
        *what = '*';
        return behind_comment(at);
    }
    *what = *at;
    return *at == '"' || *at == '\'' ? behind_quote(at) : at + 1;
}

char config_open(const char *text, unsigned *line)
{
    unsigned now = 1, outer = 0, depth = 0;

    while (*text) {
        char what;
        const char *end = behind_token(text, &what);

        if (!end) {
            *line = now;
            return what;
        }
        if (what == '{' && depth++ == 0)
            outer = now;
        if (what == '}' && depth > 0)
            depth--;
        for (; text < end; text++)
            now += *text == '\n';
    }
    *line = outer;
    return depth > 0 ? '{' : '\0';
}

static bool is_word(const char *text, const char *at, const char *word)
{
    size_t n = strlen(word);

    return strncmp(at, word, n) == 0 && !isalnum((unsigned char)at[n]) &&
           (at == text || !isalnum((unsigned char)at[-1]));
}

static bool has_template(const char *at, const char *end)
{
    const char *found = strstr(at, "${");

    return found && found < end;
}

bool config_eaten_template(const char *text, unsigned *line)
{
    const char *start = text;
    unsigned depth = 0;
    bool exec = false;

    *line = 1;
    while (*text) {
        char what;
        const char *end;

        if (depth == 0 && is_word(start, text, "exec"))
            exec = true;
        end = behind_token(text, &what);
        if (!end)
            return false;
        if (exec && depth > 0 && (what == '"' || *text == '$') && has_template(text, end))
            return true;
        depth += what == '{';
        if (what == '}' && depth > 0 && --depth == 0)
            exec = false;
        for (; text < end; text++)
            *line += *text == '\n';
    }
    return false;
}
