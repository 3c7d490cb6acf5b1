/* What the files of the machine share. Nobody else includes this. */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

#include "core/run.h"

/* The only places that assign a state; a move the table does not know is a bug, and ends here. */
void set_run(struct run *run, enum run_state state);
void set_group(struct group *g, enum group_state state);
void set_member(struct member *m, enum member_state state);

/* Queue an action. */
void act(struct run *run, struct action action);
void act_log(struct run *run, const struct group *g, enum record_kind record);
void act_all(struct run *run, struct group *g, enum action_kind kind, enum verdict verdict);
void act_timer(struct run *run, const struct group *g, enum timer timer, uint32_t slot, int64_t ms);

/* How long to wait before the next try: doubling from 5 ms to 250 ms. */
int64_t backoff_ms(uint16_t tries);

struct group *group_add(struct run *run, size_t at, uint32_t n);
struct failure *failure_add(struct run *run, uint32_t group, uint32_t branch, struct error *cause);

/* run.c */
void run_advance(struct run *run);    /* the current group is over: what next? */
void run_go_on(struct run *run);      /* the next group, the next undo, or the end */
bool run_is_over(const struct run *run);

/* group.c: one function an event */
void group_start(struct run *run, struct group *g);
void group_logged(struct run *run, struct group *g, const struct event *event);
void group_opened(struct run *run, struct group *g, const struct event *event);
void group_sealed(struct run *run, struct group *g, const struct event *event);
void group_decided(struct run *run, struct group *g, const struct event *event);
void group_timer(struct run *run, struct group *g, const struct event *event);
void group_refuse(struct run *run, struct group *g, struct error *cause); /* abort when it can */
void group_intend(struct run *run, struct group *g);     /* all votes are in */
void group_roll_back(struct run *run, struct group *g);

/* settle.c */
void group_settle(struct run *run, struct group *g, enum verdict verdict);
void group_settled(struct run *run, struct group *g, const struct event *event);
void group_closed(struct run *run, struct group *g, const struct event *event);
void group_doubt(struct run *run, struct group *g);

/* member.c */
void members_feed(struct run *run, struct group *g); /* as many prepares as the window allows */
void member_voted(struct run *run, struct group *g, const struct event *event);
void member_retry(struct run *run, struct group *g, uint32_t slot);

/* undo.c */
bool undo_next(struct run *run); /* starts the undo of one more committed group; false: none left */
bool group_cut(struct run *run, struct group *g); /* a group held too long goes on as two */

/* replay.c */
void group_found(struct run *run, struct group *g, const struct event *event);
void recover_next(struct run *run); /* asks about the next open group, or goes on */

#endif
