/*
 * Values in a statement: ${name} stands for one of a tenant's, written as a quoted constant.
 *
 * It stands where a constant may stand: not in quotes (the constant brings its own), and not as a
 * part of a name. In a comment it is left alone.
 */
#ifndef SQL_EXPAND_H
#define SQL_EXPAND_H

#include <stddef.h>

#include "base/engine.h"

struct error;
struct str;

struct sql_value {
    const char *name, *text;
};

struct sql_values {
    const struct sql_value *list;
    size_t n;
};

/* How the engine writes a constant. E_OK, or an error that says why it cannot. */
struct sql_quoting {
    int (*quote)(void *ctx, const char *text, struct str *out, struct error *e);
    void *ctx;
};

/* Appends the statement with its values. E_INVALID names what is unknown or stands wrong. */
int sql_expand(enum engine_kind engine, const char *sql, size_t len,
               const struct sql_values *values, const struct sql_quoting *quoting, struct str *out,
               struct error *e);

/* Appends the statement with NULL for each value: for reading its grammar. */
int sql_blank_values(enum engine_kind engine, const char *sql, size_t len, struct str *out,
                     struct error *e);

/* Which names the statement asks for, in its order; a name may come twice. visit's outcome ends it
 * when it is not E_OK. E_INVALID: one stands wrong. */
int sql_value_names(enum engine_kind engine, const char *sql, size_t len,
                    int (*visit)(void *ctx, const char *name), void *ctx, struct error *e);

/* Constants for people to read; what runs is quoted by its engine. */
extern const struct sql_quoting sql_quoting_shown;

#endif
