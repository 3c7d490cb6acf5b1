/*
 * What a branch's steps are made of on an open connection: scripts, checks, history rows. In a
 * transaction (steps.h), or outside of any for a step that asked for that (compensated.h).
 *
 * What a script may leave behind in the session (SET, a role, prepared statements) is gone with the
 * tenant: everything of it is undone before the next tenant of the same connection (session.h).
 */
#ifndef ENGINE_POSTGRES_WORK_H
#define ENGINE_POSTGRES_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "engine/branch.h"

struct error;
struct pg;
struct pg_batch;
struct pg_history;
struct script;
struct statement;

struct pg_work {
    const struct branch_spec *spec;
    bool undo; /* the steps' inverses, last first */
    bool back; /* takes back what this group did before: only from who has it (rows.h) */
    const char *run;
    uint32_t group;
    const char *log_head;
    const char *expected; /* the history as the plan saw it (history.h); NULL: it is asked before */
    bool doubted;         /* of what is expected: it is asked before, and has to be that */
    int64_t lock_timeout_ms, statement_timeout_ms;
};

bool pg_work_is_outside(const struct pg_work *w);
/* Nothing of what its scripts do stays in the session. */
bool pg_work_is_traceless(const struct pg_work *w);
/* E_CHANGED: the step does not fit any more. */
int pg_work_fits(struct pg_history *h, const struct step *step, bool undo, struct error *e);
/* What COMMIT would check, a vote must not wait for; it must hold for the next tenant, too. */
void pg_work_add_checks(struct pg_batch *b);
/* The history row, written by who is lockstep's own role again. How long it took: since then
 * (clock_mono_us; 0: nothing yet), and with `message` what its message takes, too. */
int pg_work_add_record(struct pg_history *h, const struct pg_work *w, const struct step *step,
                       int64_t started_us, bool message, struct pg_batch *b, struct error *e);
/* What a script runs under: timeouts, search_path, how strings are read, to the end of the
 * transaction, or of the session for a script outside of any. */
int pg_work_set_up(struct pg *pg, const struct pg_work *w, const struct script *script,
                   struct error *e);
/* The script of one step alone, set up before, a message for each statement. *ran: how many of them
 * (of batches, of one for row tenants) took effect. */
int pg_work_script(struct pg *pg, const struct pg_work *w, const struct step *step, uint32_t *ran,
                   struct error *e);
int pg_work_statement(struct pg *pg, const struct statement *statement,
                      const struct sql_values *values, struct error *e);

/* For steps.c, which puts several statements into a message. */
const struct script *pg_work_script_of(const struct pg_work *w, const struct step *step);
void pg_work_add_set_up(struct pg_batch *b, struct pg *pg, const struct pg_work *w,
                        const struct script *script);
/* Of that the timeouts alone, as they are configured, for what is asked in the transaction. */
void pg_work_add_timeouts(struct pg_batch *b, struct pg *pg, const struct pg_work *w);
/* As it goes to the server. E_REFUSED: its values cannot be quoted in this session. */
int pg_work_add_statement(struct pg_batch *b, struct pg *pg, const struct statement *statement,
                          const struct sql_values *values, struct error *e);
/* Are texts read there as they were cut here? */
bool pg_work_is_standard(const struct pg *pg);
int pg_work_said_no(const PGresult *rows, struct error *e);
int pg_work_left_transaction(struct pg *pg, struct error *e);
/* How long to wait for an answer to n statements of the script. 0: for ever. */
int64_t pg_work_patience(const struct pg_work *w, const struct script *script, uint32_t n);

#endif
