/*
 * An external migrator (Alembic, Laravel, Django, ...): the commands that change a tenant, as the
 * configuration gives them, and what their templates (base/template.h) may ask of each tenant.
 *
 * To the rest of the program it is a server of engine ENGINE_EXEC. Secrets: what a template asks
 * for may hold a password (`url`), so only the templates are ever shown, never what became of them.
 */
#ifndef DB_EXEC_H
#define DB_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every argv and the environment are NULL-terminated templates; NULL: not given. */
struct exec_block {
    const char *name; /* the title */
    const char **up, **down, **current, **revisions;
    const char *revision_pattern; /* where in a line of `revisions` its name is; NULL: first word */
    const char *current_pattern;  /* the same for `current`; NULL: the first word that is one */
    const char *base;             /* the tool's word for "nothing applied" */
    const char *directory;        /* where commands run */
    const char **environment;     /* "NAME=value", beside what we have ourselves */
    int64_t timeout_ms;           /* of one command */
    uint32_t max_parallel;
    const char *file; /* the configuration, and the line in it */
    unsigned line;
};

struct exec_value {
    const char *name, *text;
};

struct exec_tenant {
    const char *id;
    const char *secrets[2]; /* its server's password, plain and as in `url`: cut out of what
                               commands print; NULL: none */
    struct exec_value *values;
    size_t n;
};

struct exec {
    struct exec_block block;
    const char *locks;           /* folder of the lock files, in the state folder; absolute */
    struct exec_tenant *tenants; /* by id */
    size_t n;
};

/* Names that stand for what a command is about, and not for something of the tenant's. */
bool exec_is_own_name(const char *name, size_t len);
const struct exec_tenant *exec_find(const struct exec *exec, const char *id);

#endif
