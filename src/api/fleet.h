/* Inside api: the handle. */
#ifndef API_FLEET_H
#define API_FLEET_H

#include "base/error.h"
#include "lockstep.h"
#include "op/session.h"

struct lockstep {
    char *config, *tenants, *migrations, *select; /* owned; NULL: not given */
    char *error;                                  /* owned; NULL: none */
};

/* A session for one call. */
int fleet_session(struct lockstep *fleet, struct session **session, struct error *e);
/* Ends one: keeps the error's text where rc is not 0, and gives the code to return. */
int fleet_return(struct lockstep *fleet, int rc, const struct error *e);
/* Keeps what an error that did not end the call says. */
void fleet_complain(struct lockstep *fleet, const struct error *e);

#endif
