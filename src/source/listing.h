/* Inside source: the files of a migration folder, by their names alone. */
#ifndef SOURCE_LISTING_H
#define SOURCE_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct error;

enum file_form { FORM_WHOLE, FORM_UP, FORM_DOWN }; /* NNN_name.sql, .up.sql, .down.sql */

struct source_file {
    uint64_t version;
    const char *path;   /* folder and name */
    const char *digits; /* "003" */
    const char *name;   /* "add_tier" */
    enum file_form form;
};

struct listing {
    struct source_file *files; /* owned; by version, then form, then path */
    size_t n, cap;
};

/* Strings live in the arena. E_MISSING: no folder; E_INVALID: a .sql file of another name. */
int listing_read(const char *dir, struct arena *arena, struct listing *listing, struct error *e);
void listing_free(struct listing *listing);

#define CLEANUP_LISTING __attribute__((cleanup(listing_free)))

#endif
