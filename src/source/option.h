/* Inside source: the options a script can have; one table gives parser, canonical text, checksum.
 */
#ifndef SOURCE_OPTION_H
#define SOURCE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "source/migration.h"
#include "sql/scan.h"

struct str;

enum { SCRIPT_OPTIONS = 6 };

/* The option of this name, or -1. */
int option_find(const struct sql_piece *directive);
/* Sets it; E_INVALID (without file and line) when the value is none of its values. */
int option_set(int option, const struct sql_piece *directive, struct script *script,
               struct error *e);
/* Appends "NAME VALUE" and returns true, when the script has it. */
bool option_text(int option, const struct script *script, struct str *out);
/* The known directives' name nearest to this one, or NULL. */
const char *option_nearest(const struct sql_piece *directive);

#endif
