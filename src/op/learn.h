/*
 * What a run left is known without looking again: the past of each tenant is the one it had and
 * the steps it took. The cache of looks gets it, so that a command right after a run is as fast as
 * any later one.
 */
#ifndef OP_LEARN_H
#define OP_LEARN_H

struct execution;
struct job;
struct planned;
struct session;

/* Only a cache: whatever is not certain is left out, and failures are nobody's business. */
void learn(struct session *s, const struct planned *planned, const struct job *job,
           const struct execution *x);

#endif
