/* How a run ended, for people and as JSON. */
#ifndef CLI_REPORT_VIEW_H
#define CLI_REPORT_VIEW_H

struct cli;
struct report;
struct str;

/* Shows it in the form asked for and sets cli->exit. */
void report_show(struct cli *cli, const struct report *report);
/* "done: 1000 tenants at 003, one decision, atomic" */
void report_sentence(const struct report *report, struct str *out);
/* The target's digits, or "base". */
const char *report_target(const struct report *report);
/* The whole of it into the command's document. */
void report_doc(struct cli *cli, const struct report *report);

#endif
