/* The links that a job's servers are reached by. */
#ifndef OP_LINKS_H
#define OP_LINKS_H

struct error;
struct job;
struct link;
struct session;

/*
 * One a server of the job, NULL for those that no branch lies on; the array is yours to free(), the
 * links are the session's. The configuration knows how to get into a server: it is looked for there
 * by its name. E_INVALID: it is not there any more (named).
 */
int links_for(struct session *s, const struct job *job, struct link ***links, struct error *e);

#endif
