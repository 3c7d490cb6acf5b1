/*
 * A past: what counts as applied in a tenant, as text. Equal pasts are equal texts, so the tenants
 * of a fleet, which share few pasts, share few texts.
 */
#ifndef ENGINE_PAST_H
#define ENGINE_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct history_row;
struct str;

struct past_row {
    uint64_t version;
    const char *checksum, *name, *down_sql; /* down_sql NULL: none */
};

/* The applied versions, ascending. */
void past_add(struct str *past, const struct past_row *row);
/* Reads the next row from *at; strings are copied into the arena. False at the end. */
bool past_next(struct arena *arena, const char **at, struct past_row *row);

/* The rows that count while a history is read: of each version the latest, when it says up. */
struct past_draft {
    struct arena arena;
    struct past_row *rows;
    size_t n, cap;
};

/* A history_visit; arg is the draft. E_OK or E_NOMEM. */
int past_take(void *arg, const struct history_row *row);
void past_write(const struct past_draft *draft, struct str *past);
void past_drop(struct past_draft *draft);

#define CLEANUP_PAST __attribute__((cleanup(past_drop)))

#endif
