/*
 * What a command prints may hold a password, and what it printed goes into messages and the run
 * log. Cut out are: the password of the tenant's server; what labels and variables hold whose name
 * says that it is secret; and passwords of urls in any of them.
 */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "db/server.h"
#include "engine/exec/link.h"

enum { LEAST = 3 }; /* shorter ones than this would only spoil the text */

static void cut(struct str *text, const char *secret, size_t n)
{
    char *at = text->data;

    while (n && (at = memmem(at, text->len - (size_t)(at - text->data), secret, n))) {
        memmove(at, at + n, text->len - (size_t)(at - text->data) - n + 1);
        text->len -= n;
    }
}

static bool is_secret_name(const char *name, size_t n)
{
    static const char *const words[] = {"pass", "_pwd", "secret", "token", "api_key"};

    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        for (size_t i = 0; i + strlen(words[w]) <= n; i++)
            if (strncasecmp(name + i, words[w], strlen(words[w])) == 0)
                return true;
    return false;
}

static void cut_of_url(struct str *text, const char *value)
{
    const char *password;
    size_t n = server_password(value, &password);

    if (n >= LEAST)
        cut(text, password, n);
}

static void cut_value(struct str *text, const char *name, size_t n, const char *value)
{
    if (is_secret_name(name, n) && strlen(value) >= LEAST)
        cut(text, value, strlen(value));
    cut_of_url(text, value);
}

/* "NAME=value" */
static void cut_variables(struct str *text, const char *const *variables)
{
    for (; variables && *variables; variables++) {
        const char *equals = strchr(*variables, '=');

        if (equals)
            cut_value(text, *variables, (size_t)(equals - *variables), equals + 1);
    }
}

void exec_cut_secrets(const struct exec_call *c, struct str *text)
{
    const struct exec *exec = c->link->exec;
    const struct exec_tenant *tenant = c->id ? exec_find(exec, c->id) : NULL;

    if (!text->len || !str_ok(text))
        return;
    for (int i = 0; i < 2 && tenant; i++)
        if (tenant->secrets[i])
            cut(text, tenant->secrets[i], strlen(tenant->secrets[i]));
    for (size_t i = 0; tenant && i < tenant->n; i++)
        cut_value(text, tenant->values[i].name, strlen(tenant->values[i].name),
                  tenant->values[i].text);
    cut_variables(text, exec->block.environment);
    cut_variables(text, (const char *const *)environ);
}
