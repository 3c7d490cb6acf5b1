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

struct sql_values {
    const char *(*find)(void *ctx, const char *name); /* NULL: there is none of this name */
    void (*list)(void *ctx, struct str *names);       /* appends all, for a message: "id, tier" */
    /* Appends the value as the engine quotes a constant. E_OK, or an error that says why not. */
    int (*quote)(void *ctx, const char *value, struct str *out, struct error *e);
    void *ctx;
};

/* Appends the statement with its values. E_INVALID names what is unknown or stands wrong. */
int sql_expand(enum engine_kind engine, const char *sql, size_t len,
               const struct sql_values *values, struct str *out, struct error *e);

#endif
