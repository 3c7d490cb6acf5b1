/* One event of the run log, for people and as a JSON line. */
#ifndef CLI_EVENT_VIEW_H
#define CLI_EVENT_VIEW_H

struct cli;
struct error;
struct log_event;

/* Prints it at once. E_REFUSED when nobody reads any more. */
int event_show(struct cli *cli, const struct log_event *event, struct error *e);

#endif
