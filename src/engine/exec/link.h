/*
 * The link to an external migrator (engine/link.h): tenants are brought from revision to revision
 * by commands of the user's, and asked for their revision by another one. What that says is
 * believed, not what an exit code says.
 */
#ifndef ENGINE_EXEC_LINK_H
#define ENGINE_EXEC_LINK_H

#include <regex.h>

#include "base/mem.h"
#include "db/exec.h"
#include "engine/link.h"
#include "source/migration.h"
#include "source/revision.h"

struct link *exec_link_new(const struct server *server); /* NULL: out of memory */
/* The tool's revisions as migrations: what a folder of SQL files is to others. They are asked for
 * once. E_INVALID: it cannot be asked, or they are not one line. */
int exec_source(struct link *link, struct source *source, struct error *e);

/* Inside engine/exec. */
struct exec_link {
    struct link base;
    const struct exec *exec;
    struct arena arena;
    bool asked;
    const char **revisions; /* in their order; valid when asked */
    size_t n;
    regex_t current; /* where `current` says it; valid when has_pattern */
    bool has_pattern;
    atomic_uint at_work; /* commands; never more than max_parallel */
};

int exec_link_ask(struct exec_link *l, struct error *e);
bool exec_link_knows(const struct exec_link *l, const char *revision);

/* call.c */

/* One tenant, and what is being done to it. */
struct exec_call {
    struct exec_link *link;
    const char *id;
    int lock;                    /* of the tenant, which the command keeps; -1: none is needed */
    const char *target;          /* of up and down; NULL: neither */
    char revision[REVISION_MAX]; /* where it is, as far as we know */
    const atomic_bool *stop;
};

/* Runs one of the block's commands. E_REFUSED: it failed, and how; E_INVALID: it is not there, or
 * the tenant is not in the configuration any more. out may be NULL. */
int exec_run(struct exec_call *c, const char *const *command, struct str *out, struct error *e);
/* Where the tenant is, into c->revision: REVISION_BASE, or a name of the tool's. E_CHANGED: what
 * `current` says is no revision that is known (nor one of these two, which may be NULL). */
int exec_probe(struct exec_call *c, const char *one, const char *other, struct error *e);
/* The templates of a command as they are shown, with the target that is known. */
int exec_show(const struct exec *exec, const char *const *command, const char *target,
              struct str *out);

/* secrets.c: takes passwords out of what a command of this call printed. */
void exec_cut_secrets(const struct exec_call *c, struct str *text);

/* lock.c: keeps others of this state folder out of a tenant, commands that outlived us too. E_BUSY
 * names who has it. With `alone` no other lockstep works on this fleet: what is left of an earlier
 * one's commands for the tenant is ended first. */
int exec_lock(const struct exec *exec, const char *id, bool alone, int *fd, struct error *e);
int exec_lock_path(const struct exec *exec, const char *id, struct str *path);
/* survivors.c: kills who has this lock's name in the environment, behind EXEC_MARK, and waits a
 * moment for their end. With by_file, also who has it open, but for us and our children: until its
 * exec, a child has open whatever any of our threads has. */
#define EXEC_MARK "LOCKSTEP_TENANT_LOCK="
void exec_end_survivors(const char *lock, bool by_file);

int exec_survey(struct link *link, const struct place *places, uint32_t n, const struct each *each,
                struct sight *sights, struct room *room, struct error *e);
struct participant *exec_join(struct link *link, const struct link_run *run,
                              const struct link_group *group);

#endif
