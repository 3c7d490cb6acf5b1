/* Which tenants belong to a group that is still open, told by the decision files beside the fleet.
 */
#ifndef OP_DOUBT_H
#define OP_DOUBT_H

#include <stdbool.h>

struct error;
struct session;
struct doubt;

/* The folder for the decision files: configured, or the fleet's deepest common one; absolute. */
int doubt_folder(struct session *s, char **dir, struct error *e);

/* Reads what lies there. Nothing open: *doubt is NULL. */
int doubt_read(struct session *s, struct doubt **doubt, struct error *e);
/* path: absolute, as in survey.paths. */
bool doubt_has(const struct doubt *doubt, const char *path);
void doubt_free(struct doubt *doubt);

#endif
