/*
 * Scripts of an external migrator (ENGINE_EXEC): not SQL, but from which of its revisions to which
 * a tenant goes, as "FROM -> TO". Whatever the tool calls it, nothing applied is "base" here.
 */
#ifndef SOURCE_REVISION_H
#define SOURCE_REVISION_H

#include <stdbool.h>

#include "source/migration.h"

#define REVISION_BASE "base"
enum { REVISION_MAX = 128 }; /* bytes of a revision's name, with the terminator */

/* shown: the command, for people; NULL: none is known. Strings are copied. */
int revision_script(struct arena *arena, const char *file, const char *text, const char *shown,
                    struct script *script, struct error *e);
/* E_INVALID: the text is none of this. */
int revision_read(const char *text, char from[REVISION_MAX], char to[REVISION_MAX],
                  struct error *e);
/* A tool's name for a revision that can stand in such a text. */
bool revision_is_name(const char *text);
/* What stands for this revision where a checksum is asked for. */
int revision_checksum(const char *revision, char checksum[CHECKSUM_TEXT]);

#endif
