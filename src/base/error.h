/*
 * The one error idiom.
 *
 * Every function that can fail returns an int:
 *      0   done
 *     >0   an outcome the caller must handle (an `enum outcome`): this tenant, this file, this
 * input <0   process-wide (the run log cannot be written); passed up unchanged until someone ends
 *
 * The detail travels in a `struct error` that the caller owns. Libraries fill and return; only the
 * programs print. Filling never fails: text that finds no memory is cut, the code always arrives.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

struct str;

enum outcome {
    E_FATAL = -1,  /* process-wide: the run log or the process itself */
    E_OK = 0,      /* done */
    E_REFUSED = 1, /* this one cannot be done (a tenant, a file), the others can */
    E_BUSY = 2,    /* somebody else holds it; trying again later may help */
    E_NOMEM = 3,   /* out of memory for this one */
    E_MISSING = 4, /* it is not there */
    E_INVALID = 5, /* usage, configuration or input is wrong: exit 2 */
    E_POLICY = 6,  /* refused by plan or policy: exit 5 */
    E_DOUBT = 7,   /* nobody can tell yet what happened: exit 4 */
    E_HELD = 8,    /* another run holds the fleet: exit 6 */
    E_CHANGED = 9, /* the world moved since it was looked at; look again */
};

struct error {
    int code;          /* an enum outcome; 0 while nothing happened */
    int sys;           /* errno behind it, or 0 */
    int db;            /* the engine's own (extended) code, or 0 */
    unsigned line;     /* 1-based line in file, 0 where unknown */
    char *tenant;      /* owned; NULL where none is concerned */
    char *file;        /* owned; the migration, list or configuration file */
    char *statement;   /* owned; the SQL, cut to ERROR_STATEMENT_MAX */
    char message[400]; /* one sentence, no line feed: what went wrong */
    char hint[240];    /* what to do about it, or empty */
};

/* clang-format off */
#define ERROR_INIT {0}
/* clang-format on */
#define ERROR_STATEMENT_MAX 400

/*
 * All setters take NULL for e and then only return the code. error_set replaces what was there,
 * which its arguments may still quote. Text too long is cut between UTF-8 characters.
 */
int error_set(struct error *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "cannot WHAT PATH: strerror(errno)". Reads errno first. */
int error_errno(struct error *e, int code, const char *what, const char *path);
/* In the header, so that who reads the caller alone, an analyzer too, sees that it is no E_OK. */
static inline int error_oom(struct error *e)
{
    error_set(e, E_NOMEM, "out of memory");
    return E_NOMEM;
}

/* Add where it happened and what to do; they keep the code, and what is already named stays. */
void error_tenant(struct error *e, const char *tenant);
void error_at(struct error *e, const char *file, unsigned line);
void error_statement(struct error *e, const char *sql, size_t len);
void error_hint(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Moves src over dst (which is cleared first) and leaves src empty. */
void error_move(struct error *dst, struct error *src);
void error_clear(struct error *e);

/* "tenant: file:line: message; hint" on one line, the statement (white space folded) behind it. */
void error_render(const struct error *e, struct str *out);

#define CLEANUP_ERROR __attribute__((cleanup(error_clear)))

#endif
