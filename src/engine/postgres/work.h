/*
 * A branch's steps on an open connection: scripts, checks, history rows. In a transaction that the
 * caller began, or outside of any for a step that asked for that.
 *
 * What a script may leave behind in the session (SET, a role, prepared statements) is gone with the
 * tenant: everything of it is undone before the next tenant of the same connection.
 */
#ifndef ENGINE_POSTGRES_WORK_H
#define ENGINE_POSTGRES_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/branch.h"

struct error;
struct pg;
struct pg_history;
struct script;
struct statement;
struct str;

struct pg_work {
    const struct branch_spec *spec;
    bool undo; /* the steps' inverses, last first */
    bool back; /* takes back what this group did before: only from who has it (rows.h) */
    const char *run;
    uint32_t group;
    const char *log_head;
    const char *expected; /* the head that the history should have; NULL: it is asked */
    int64_t lock_timeout_ms, statement_timeout_ms;
};

/* What COMMIT would check, a vote must not wait for; it must hold for the next tenant, too. */
#define PG_CHECK_DEFERRED "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
/* A script may have become somebody else: whoever prepares is who commits. */
#define PG_RESET_ROLE "RESET ROLE; RESET SESSION AUTHORIZATION"

bool pg_work_is_outside(const struct pg_work *w);
/* Up to the vote: deferred constraints are checked, the fence is looked for. `before` begins the
 * transaction: statements that go in one message with the first of ours, each ended by a semicolon.
 * E_CHANGED: the plan does not fit any more. Errors name file, line and statement. */
int pg_work_run(struct pg *pg, const struct pg_work *w, const char *before, struct error *e);
/* Was it not E_OK because of what was expected, so that it is worth another try without? */
bool pg_work_was_misled(struct pg *pg, const struct pg_work *w, int outcome);
/* The parts of it. E_CHANGED: the step does not fit any more. */
int pg_work_fits(struct pg_history *h, const struct step *step, bool undo, struct error *e);
/* Adds statements: an end to what the script left in the session, and the history row. */
int pg_work_add_record(struct pg_history *h, const struct pg_work *w, const struct step *step,
                       int64_t started_us, struct str *sql, struct error *e);
/* What a script runs under: timeouts, search_path, how strings are read, to the end of the
 * transaction, or of the session for a script outside of any. */
int pg_work_set_up(struct pg *pg, const struct pg_work *w, const struct script *script,
                   struct error *e);
/* The script of one step alone, set up before, statement by statement. *ran: how many of them (of
 * batches, of one for row tenants) took effect. */
int pg_work_script(struct pg *pg, const struct pg_work *w, const struct step *step, uint32_t *ran,
                   struct error *e);
int pg_work_statement(struct pg *pg, const struct statement *statement,
                      const struct sql_values *values, struct error *e);

#endif
