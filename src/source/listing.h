/* Inside source: the files of a migration folder, by their names alone. */
#ifndef SOURCE_LISTING_H
#define SOURCE_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/engine.h"
#include "base/mem.h"

struct error;

enum file_form { FORM_WHOLE, FORM_UP, FORM_DOWN }; /* NNN_name.sql, .up.sql, .down.sql */

#define ANY_ENGINE ENGINES /* a file for all engines that have none of their own */

struct source_file {
    uint64_t version;
    const char *path;        /* folder and name */
    const char *digits;      /* "003" */
    const char *name;        /* "add_tier" */
    enum engine_kind engine; /* NNN_name.postgres.sql: only for this one; or ANY_ENGINE */
    enum file_form form;
};

struct listing {
    struct source_file *files; /* owned; by version, engine, form, path */
    size_t n, cap;
};

/* Strings live in the arena. E_MISSING: no folder; E_INVALID: a .sql file of another name. */
int listing_read(const char *dir, struct arena *arena, struct listing *listing, struct error *e);
/* The engine that a name of *len bytes ends in (".postgres"), cut off; or ANY_ENGINE. */
enum engine_kind listing_cut_engine(const char *name, size_t *len);
void listing_free(struct listing *listing);

#define CLEANUP_LISTING __attribute__((cleanup(listing_free)))

#endif
