/*
 * Which tenants belong to a group that is still open: files are told by the decision files beside
 * the fleet, tenants on servers by the runs that are open in the log.
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
/* The same for tenants on servers; place: as it is shown, tenant.path. */
int doubt_read_places(struct session *s, struct doubt **doubt, struct error *e);
bool doubt_has_place(const struct doubt *doubt, const char *place);
void doubt_free(struct doubt *doubt);

#endif
