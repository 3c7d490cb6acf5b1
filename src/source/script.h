/* Inside source: a script while its statements and options come in, one scanned piece at a time. */
#ifndef SOURCE_SCRIPT_H
#define SOURCE_SCRIPT_H

#include "source/migration.h"
#include "sql/scan.h"

struct script_draft {
    struct arena *arena;
    struct script script;   /* options; statements and text come at the end */
    struct statement *list; /* growing, owned */
    size_t n, cap;
    unsigned given;       /* bit i: option i was given */
    unsigned check_line;  /* of a check that waits for its query, or 0 */
    unsigned values_line; /* of a `values` that waits for its statement, or 0 */
};

int script_begin(struct script_draft *draft, struct arena *arena, enum engine_kind engine,
                 const char *file, struct error *e);
/* A statement or a directive other than up and down. Errors name file and line. */
int script_take(struct script_draft *draft, const struct sql_piece *piece, struct error *e);
/* Judges the statements and hands the script over; it lives in the arena. */
int script_end(struct script_draft *draft, struct script *script, struct error *e);
void script_drop(struct script_draft *draft); /* for cleanup; also after script_end */

/* The down section of this up script: whose the migration is, it has from there. */
int script_end_down(struct script_draft *draft, const struct script *up, struct script *script,
                    struct error *e);
/* As script_take, for all of a text, which may hold NUL bytes (an error). */
int script_take_all(struct script_draft *draft, const char *text, size_t len, struct error *e);
int script_checksum(const struct script *up, char checksum[CHECKSUM_TEXT]); /* 0 or E_NOMEM */
bool script_is_marker(const struct sql_piece *piece, const char *name);     /* this directive? */

#define CLEANUP_DRAFT __attribute__((cleanup(script_drop)))

#endif
