/* One command for one tenant: its words from the templates, its end as an error or none. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/template.h"
#include "db/server.h"
#include "engine/exec/link.h"
#include "engine/turns.h"

enum { MOST_OUTPUT = 8 << 20, GRACE_MS = 5000, SAID = 280 };

/* --- templates --- */

struct filling {
    const struct exec_call *call;
    const struct exec_tenant *tenant; /* NULL: for no tenant */
};

/* Nothing applied, in the tool's word. */
static const char *word_of(const struct exec_call *c, const char *revision)
{
    return str_same(revision, REVISION_BASE) ? c->link->exec->block.base : revision;
}

static const char *fill(void *ctx, const char *name, size_t len)
{
    const struct filling *f = ctx;

    if (len == 6 && memcmp(name, "target", 6) == 0)
        return f->call->target ? word_of(f->call, f->call->target) : NULL;
    if (len == 8 && memcmp(name, "revision", 8) == 0)
        return word_of(f->call, f->call->revision);
    for (size_t i = 0; f->tenant && i < f->tenant->n; i++)
        if (strlen(f->tenant->values[i].name) == len &&
            memcmp(f->tenant->values[i].name, name, len) == 0)
            return f->tenant->values[i].text;
    return NULL;
}

static int add_word(struct arena *arena, const char *template, struct filling *f, const char **word,
                    struct error *e)
{
    CLEANUP_STR struct str out = STR_INIT;
    int r = template_expand(template, fill, f, &out, e);

    *word = r == E_OK ? str_copy(&out, arena) : NULL;
    return r == E_OK && !*word ? error_oom(e) : r;
}

static size_t count(const char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    return n;
}

static int make_argv(struct arena *arena, const char *const *command, struct filling *f,
                     const char ***argv, struct error *e)
{
    size_t n = count(command);
    int r = E_OK;

    *argv = arena_array(arena, n + 1, sizeof **argv);
    if (!*argv)
        return error_oom(e);
    for (size_t i = 0; i < n && r == E_OK; i++)
        r = add_word(arena, command[i], f, &(*argv)[i], e);
    return r;
}

static bool is_given_again(const char *const *environment, const char *variable)
{
    size_t n = strcspn(variable, "=");

    for (; environment && *environment; environment++)
        if (strncmp(*environment, variable, n + 1) == 0)
            return true;
    return false;
}

/* It asks for what this command does not have: a tenant, or a target. */
static bool is_for_another(const char *variable, const struct filling *f)
{
    if (!f->tenant)
        return strstr(variable, "${") != NULL;
    return !f->call->target &&
           (strstr(variable, "${target}") != NULL || strstr(variable, "${revision}") != NULL);
}

/* How survivors.c knows what a command leaves behind. */
static int add_mark(struct arena *arena, const struct exec_call *c, const char **variable)
{
    CLEANUP_STR struct str mark = STR_INIT;

    str_add(&mark, EXEC_MARK);
    if (exec_lock_path(c->link->exec, c->id, &mark) != E_OK)
        return E_NOMEM;
    *variable = str_copy(&mark, arena);
    return *variable ? E_OK : E_NOMEM;
}

/* Ours, with the block's in place of those of the same name. */
static int make_environment(struct arena *arena, const struct exec_block *b, struct filling *f,
                            const char ***envp, struct error *e)
{
    size_t n = 0, ours = count((const char *const *)environ);
    int r = E_OK;

    *envp = arena_array(arena, ours + count(b->environment) + 2, sizeof **envp);
    if (!*envp)
        return error_oom(e);
    for (size_t i = 0; i < ours; i++)
        if (!is_given_again(b->environment, environ[i]) && !str_starts(environ[i], EXEC_MARK))
            (*envp)[n++] = environ[i];
    for (size_t i = 0; b->environment && b->environment[i] && r == E_OK; i++) {
        if (is_for_another(b->environment[i], f))
            continue;
        r = add_word(arena, b->environment[i], f, &(*envp)[n++], e);
    }
    if (r == E_OK && f->call->lock >= 0 && add_mark(arena, f->call, &(*envp)[n]) != E_OK)
        r = error_oom(e);
    return r;
}

struct showing {
    const char *target;
    char name[160]; /* one that is not known here, as it stands in the template */
};

static const char *show(void *ctx, const char *name, size_t len)
{
    struct showing *s = ctx;

    if (s->target && len == 6 && memcmp(name, "target", 6) == 0)
        return s->target;
    snprintf(s->name, sizeof s->name, "${%.*s}", (int)len, name);
    return s->name;
}

int exec_show(const struct exec *exec, const char *const *command, const char *target,
              struct str *out)
{
    struct showing s = {str_same(target, REVISION_BASE) ? exec->block.base : target, ""};
    int r = E_OK;

    for (size_t i = 0; command[i] && r == E_OK; i++) {
        bool quoted = !command[i][0] || strpbrk(command[i], " \t\n'\"\\;&|<>()*?");

        str_add(out, i ? " " : "");
        str_add(out, quoted ? "'" : "");
        r = template_expand(command[i], show, &s, out, NULL);
        str_add(out, quoted ? "'" : "");
    }
    return r;
}

/* --- what it said --- */

/* On one line: control characters go, the lines are put behind each other. */
static void fold(const struct str *text, struct str *out)
{
    const char *at = str_text(text);
    bool gap = false;

    for (; *at; at++) {
        if (*at == '\n' || *at == '\t' || *at == ' ') {
            gap = gap || *at == '\n';
            if (*at != '\n' && out->len)
                str_addc(out, ' ');
            continue;
        }
        if (iscntrl((unsigned char)*at))
            continue;
        if (gap && out->len)
            str_add(out, " | ");
        gap = false;
        str_addc(out, *at);
    }
}

static const char *ending(const struct str *text)
{
    const char *at = str_text(text);

    if (text->len <= SAID)
        return at;
    at += text->len - SAID;
    while ((*at & 0xc0) == 0x80) /* not in the middle of a character */
        at++;
    return at;
}

static void name_end(const struct child_result *result, int64_t timeout_ms, struct str *out)
{
    switch (result->end) {
    case CHILD_EXITED:
        str_addf(out, "exit code %d", result->code);
        break;
    case CHILD_KILLED:
        str_addf(out, "ended by signal %d", result->code);
        break;
    case CHILD_TIMEOUT:
        str_addf(out, "took longer than %.3g s, and was ended", (double)timeout_ms / 1000);
        break;
    case CHILD_STOPPED:
        str_add(out, "ended, since the run is to stop");
        break;
    }
}

static int failed(const struct exec_call *c, const char *const *command,
                  struct child_result *result, struct error *e)
{
    CLEANUP_STR struct str end = STR_INIT, said = STR_INIT, shown = STR_INIT;

    name_end(result, c->link->exec->block.timeout_ms, &end);
    exec_cut_secrets(c, &result->tail);
    fold(&result->tail, &said);
    error_set(e, E_REFUSED, "%s%s%s", str_text(&end), said.len ? ": " : "", ending(&said));
    error_at(e, c->link->exec->block.file, c->link->exec->block.line);
    if (exec_show(c->link->exec, command, c->target, &shown) == E_OK)
        error_statement(e, str_text(&shown), shown.len);
    return E_REFUSED;
}

/* --- running --- */

static int start(const struct exec_call *c, const char *const *argv, const char *const *envp,
                 struct child_result *result, struct error *e)
{
    const struct exec_block *b = &c->link->exec->block;
    struct child_spec spec = {.argv = argv,
                              .envp = envp,
                              .dir = b->directory,
                              .inherit = c->lock,
                              .timeout_ms = b->timeout_ms,
                              .grace_ms = GRACE_MS,
                              .stop = c->stop,
                              .most = MOST_OUTPUT};
    int r;

    turns_take(&c->link->at_work, b->max_parallel);
    r = child_run(&spec, result, e);
    turns_give(&c->link->at_work);
    if (r == E_MISSING) {
        error_at(e, b->file, b->line);
        error_hint(e,
                   "a name without a slash is looked up in PATH, one with it from `directory` on");
        if (e)
            e->code = E_INVALID;
        return E_INVALID;
    }
    return r;
}

static int gone(const struct exec_call *c, struct error *e)
{
    error_set(e, E_INVALID, "is not in the configuration any more");
    error_tenant(e, c->id);
    error_hint(e, "bring it back: it says how to get to the tenant");
    return E_INVALID;
}

int exec_run(struct exec_call *c, const char *const *command, struct str *out, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    __attribute__((cleanup(child_free))) struct child_result result = {0};
    struct filling f = {c, c->id ? exec_find(c->link->exec, c->id) : NULL};
    const char **argv, **envp;
    int r;

    if (c->id && !f.tenant)
        return gone(c, e);
    r = make_argv(&arena, command, &f, &argv, e);
    if (r == E_OK)
        r = make_environment(&arena, &c->link->exec->block, &f, &envp, e);
    if (r == E_OK)
        r = start(c, argv, envp, &result, e);
    if (r != E_OK)
        return r;
    if (result.end != CHILD_EXITED || result.code != 0)
        return failed(c, command, &result, e);
    if (out && result.too_much)
        return error_set(e, E_REFUSED, "%s prints more than %d MiB", argv[0], MOST_OUTPUT >> 20);
    if (out)
        str_join(out, &result.out);
    return out && !str_ok(out) ? error_oom(e) : E_OK;
}
