/*
 * Decision files that no run log knows: .lockstep/ was lost. Nothing of it is needed: super-journal
 * and anchor tell the verdict, and either lists the journals.
 */
#ifndef OP_ORPHAN_H
#define OP_ORPHAN_H

#include <stdbool.h>

struct error;
struct recovery;
struct session;

/* Settles them all and adds a line each to the recovery. Keys of runs still in doubt are left. */
int orphans_settle(struct session *s, bool dry, struct recovery *recovery, struct error *e);

#endif
