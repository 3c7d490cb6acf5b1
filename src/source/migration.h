/*
 * Migrations: a folder of SQL files, read into steps that can be run.
 *
 * Files: NNN_name.sql with `-- lockstep:up` (may be left out) and `-- lockstep:down` sections, or
 * NNN_name.up.sql + NNN_name.down.sql. For one engine alone: NNN_name.sqlite.sql, .postgres.sql or
 * .mysql.sql, also with .up.sql and .down.sql behind; its tenants take these instead. All files of
 * a version have one name. NNN is 1 to 18 digits, compared as a number, not 0. Any
 * other .sql file is an error; files without .sql and hidden ones are ignored. An empty down
 * section is a down that does nothing; none at all means "cannot be undone".
 *
 * Directives (an unknown one is an error that names file and line):
 *   up, down                sections
 *   check                   the next statement is a query that must return no row before the vote
 *   values                  in the next statement ${id} and ${LABEL} stand for the tenant's
 *                           (sql/expand.h)
 *   foreign-keys off        SQLite: for table rebuilds; holds for the tenant's whole transaction
 *   transaction off         the section's statements run outside a transaction (VACUUM, CREATE
 *                           INDEX CONCURRENTLY, what else sql_escapes_outside lets pass)
 *   shared [before|after]   for shared databases alone, and not for tenants; committed before the
 *                           tenants' later migrations run, or after their earlier ones have
 *   rows [BATCH [PAUSE]]    PostgreSQL: the section runs once for each row tenant; with a number,
 * so many in a transaction of their own, and a pause between lock-timeout 5s         how long to
 * wait for a tenant that an application holds statement-timeout 30s   how long one statement may
 * run A directive before any section marker or inside the up section sets the up script's options;
 * inside the down section, the down script's.
 *
 * Checksum: "1:" + SHA-256 over the up section's normalized statements and options, so that
 * comments and layout can change and nothing else.
 */
#ifndef SOURCE_MIGRATION_H
#define SOURCE_MIGRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/engine.h"
#include "base/hash.h"
#include "base/mem.h"

struct error;

#define CHECKSUM_TEXT (2 + HASH_TEXT)

struct statement {
    const char *sql; /* terminated; from its first to its last token, without the semicolon */
    size_t len;
    unsigned line;     /* in script->file */
    bool check;        /* a query; any row is a no */
    bool values;       /* to be expanded for each tenant before it runs */
    bool ends_message; /* PostgreSQL: what follows goes in a later one (sql/postgres_message.h) */
};

/* Whose a migration is: the tenants', or the databases' that they share. Then it is decided
 * together with the tenants' steps around it, or before their later or after their earlier ones. */
enum sharing { SHARED_NOT, SHARED_TOGETHER, SHARED_BEFORE, SHARED_AFTER };

/* Does the script run once for each row tenant (base/row_tenants.h)? */
struct for_rows {
    bool on;
    uint32_t batch;   /* so many are committed at once, on their own; 0: in the migration's own */
    int64_t pause_ms; /* between batches */
};

struct script {
    enum engine_kind engine; /* whose dialect it is written in */
    const char *file;        /* for messages: "migrations/003_x.sql", or "history of TENANT" */
    const char *text;     /* canonical text, with its option directives: what history keeps; parsing
                             it again with script_parse() gives an equal script */
    char hash[HASH_TEXT]; /* SHA-256 of text */
    struct statement *statements;
    size_t n;
    bool foreign_keys_off;
    bool transaction_off;
    enum sharing sharing;         /* the migration's: its down script has it from its up */
    struct for_rows rows;         /* PostgreSQL */
    bool data_only;               /* MySQL: a transaction can take all of it back */
    bool traceless;               /* nothing of it stays in the session (sql/traceless.h) */
    int64_t lock_timeout_ms;      /* 0: the configured one */
    int64_t statement_timeout_ms; /* 0: the configured one */
};

struct migration {
    uint64_t version;
    const char *digits; /* as spelled in the file name: "003" */
    const char *name;   /* "add_tier" */
    struct script up;
    struct script *down; /* NULL: cannot be undone */
    char checksum[CHECKSUM_TEXT];
};

struct source {
    struct arena arena;
    enum engine_kind engine;
    const char *dir;
    struct migration *migrations; /* by version, ascending, no duplicates */
    size_t n;
    struct source *shares[2]; /* for source_for; NULL when no migration is shared */
};

/*
 * Reads the folder as the tenants of this engine take it. E_MISSING: no such folder. E_INVALID
 * (names file and line): a bad name, an unknown directive, an unterminated statement, a down
 * without an up, a version that has no file for this engine, text that is not UTF-8.
 * E_POLICY: a duplicate version (both files named); a statement that breaks out of the transaction
 * (sql_escapes).
 */
int source_read(const char *dir, enum engine_kind engine, struct source *source, struct error *e);
const struct migration *source_find(const struct source *source, uint64_t version);
/* What of it a tenant takes, or a shared database: all migrations are either's. The source's. */
const struct source *source_for(const struct source *source, bool shared);
void source_free(struct source *source);

/* Must it run outside the transaction of its migration? */
static inline bool script_is_outside(const struct script *script)
{
    return script->transaction_off || script->rows.batch;
}

/* Parses one script (a stored down script, say); it takes no up and down markers. file is copied.
 */
int script_parse(struct arena *arena, enum engine_kind engine, const char *file, const char *text,
                 struct script *script, struct error *e);

/* Writes an empty migration file: highest version + 1, same width; makes the folder where it is
 * missing. *path is yours to free(). */
int source_new(const char *dir, const char *name, char **path, struct error *e);

#endif
