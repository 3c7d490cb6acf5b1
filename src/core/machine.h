/* What the files of the machine share. Nobody else includes this. */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

#include "core/run.h"

/* The only places that assign a state; a move the table does not know is a bug, and ends here. */
void set_run(struct run *run, enum run_state state);
void set_group(struct run *run, struct group *g, enum group_state state);
void set_member(struct run *run, struct group *g, struct member *m, enum member_state state);

/* Queue an action. */
void act(struct run *run, struct action action);
void act_log(struct run *run, const struct group *g, enum record_kind record);
void act_one(struct run *run, struct group *g, uint16_t participant, enum action_kind kind,
             enum verdict verdict);
void act_all(struct run *run, struct group *g, enum action_kind kind, enum verdict verdict);
void act_refused(struct run *run, struct group *g, const struct member *m);
void act_timer(struct run *run, const struct group *g, enum timer timer, uint32_t slot, int64_t ms);
/* A participant is busy: it is asked again when this timer comes. */
void act_wait(struct run *run, struct group *g, uint16_t participant, enum timer timer);

/* How long to wait before the next try: doubling from 5 ms to 250 ms. */
int64_t backoff_ms(uint16_t tries);
bool has_patience(const struct run *run, uint32_t waited_ms, uint16_t tries);
bool is_stopping(const struct run *run, const struct group *g);

struct group *group_add(struct run *run, size_t at, uint32_t id, uint32_t n);
void group_free(struct group *g);
void member_init(const struct run *run, struct group *g, uint32_t slot, uint32_t branch,
                 uint8_t guarantee);
struct failure *failure_add(struct run *run, uint32_t group, uint32_t branch, struct error *cause);

/* run.c */
void run_advance(struct run *run); /* the current group is over: what next? */
void run_go_on(struct run *run);   /* the next group, the next undo, or the end */
bool run_is_over(const struct run *run);

/* group.c: up to the decision */
void group_start(struct run *run, struct group *g);
void group_logged(struct run *run, struct group *g, const struct event *event);
void group_answered(struct run *run, struct group *g, const struct event *event);
void group_timer(struct run *run, struct group *g, const struct event *event);
void group_abort(struct run *run, struct group *g);  /* as soon as no vote is under way */
void group_intend(struct run *run, struct group *g); /* all votes are in */

/* settle.c: after it */
void group_roll_back(struct run *run, struct group *g);
void group_finish(struct run *run, struct group *g);
void group_settled(struct run *run, struct group *g, const struct event *event);
void group_closed(struct run *run, struct group *g, const struct event *event);
void group_doubt(struct run *run, struct group *g);
void group_over(struct run *run, struct group *g); /* committed or aborted, in the run's books */

/* member.c */
void members_feed(struct run *run, struct group *g); /* as many prepares as the window allows */
void member_voted(struct run *run, struct group *g, const struct event *event);
void member_retry(struct run *run, struct group *g, uint32_t slot);

/* undo.c */
bool undo_wanted(const struct run *run, const struct group *g);
void undo_start(struct run *run, struct group *g, size_t at);
bool undo_next(struct run *run); /* starts the undo of one more committed group; false: none left */
void undo_over(struct run *run, const struct group *undo); /* what it took back is as it was */
void group_cut(struct run *run, const struct group *g); /* held too long: it goes on in two parts */

/* replay.c */
void group_found(struct run *run, struct group *g);
void recover_next(struct run *run); /* asks about the next open group, or goes on */

#endif
