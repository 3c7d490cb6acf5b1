/* What the commands that move tenants share: options, the question, the end. */
#ifndef CLI_FLOW_H
#define CLI_FLOW_H

#include "op/migrate.h"

struct cli;
struct error;

/* From the command line; shows progress. `asks` puts the question before anything is changed. */
void flow_options(struct cli *cli, struct migrate_options *options, bool asks);
/* Opens the session, makes sure a question could be answered, and from here on notes signals. */
int flow_begin(struct cli *cli, bool asks, struct error *e);
/* Shows the report and frees it; rc and e are what the use case returned. */
int flow_end(struct cli *cli, int rc, struct report *report);

#endif
