/* The machine: src/core/group.c, settle.c, replay.c and run.c, one option a step. */

#define set_run(to)   c_code { run_moves(now.run_state, to); }; run_state = to
#define set_group(to) c_code { group_moves(now.group_state, to); }; group_state = to
#define set_member(i, to) \
    was = member[i]; c_code { member_moves(was, to); }; was = 0; member[i] = to

#define IN(state)         (alive && group_state == state)
#define IS_DONE(i)        done[i]
#define IS_PREPARING(i)   (member[i] == MEMBER_PREPARING)
#define IS_PREPARED(i)    (member[i] == MEMBER_PREPARED)
#define IS_UNSETTLED(i)   (member[i] == MEMBER_PREPARED || member[i] == MEMBER_LOST)
#define ALL_BUT_ONE(of)   (of(0) && of(1) || of(0) && of(2) || of(1) && of(2))

/* A forced record. One that cannot be written may be there all the same. */
#define WRITE(record) \
    if \
    :: record = true \
    :: !healed -> log_dead = true \
    :: !healed -> record = true; log_dead = true \
    fi

inline next_step(to)
{
    step = to;
    each_to(done, false)
}

inline member_back(i)
{
    if
    :: member[i] == MEMBER_IDLE || member[i] == MEMBER_WAITING -> set_member(i, MEMBER_BACK)
    :: else
    fi
}

inline roll_back()
{
    set_group(GROUP_ROLLING_BACK);
    next_step(0);
    member_back(0); member_back(1); member_back(2)
}

inline abort()
{
    if
    :: group_state == GROUP_PREPARING && ANY(IS_PREPARING) -> set_group(GROUP_DRAINING)
    :: else -> roll_back()
    fi
}

inline finish()
{
    set_group(GROUP_FINISHING);
    next_step(0)
}

inline member_doubt(i)
{
    if
    :: IS_UNSETTLED(i) -> set_member(i, MEMBER_DOUBT)
    :: else
    fi
}

inline doubt()
{
    member_doubt(0); member_doubt(1); member_doubt(2);
    set_group(GROUP_DOUBT)
}

/* What the machine says of a tenant is what can be read of it. */
inline member_commits(i)
{
    if
    :: IS_UNSETTLED(i) && !READS_NEW(i) -> WRONG("answers: one is called committed and is not new")
    :: IS_UNSETTLED(i) && READS_NEW(i) -> set_member(i, MEMBER_COMMITTED)
    :: else
    fi
}

inline member_goes_back(i)
{
    if
    :: IS_UNSETTLED(i) && !READS_OLD(i) -> WRONG("answers: one is called back and is not old")
    :: IS_UNSETTLED(i) && READS_OLD(i) -> set_member(i, MEMBER_BACK)
    :: else
    fi
}

/* A new process: a run without end in the log is recovered, otherwise the run begins. */
inline start()
{
    alive = true;
    if
    :: log_plan ->
        recovering = true;
        set_run(RUN_RECOVERING);
        decided = log_decided;
        if
        :: log_group -> set_group(GROUP_ASKING)
        :: else -> set_group(GROUP_ABORTED)
        fi
    :: else ->
        set_run(RUN_RUNNING);
        WRITE(log_plan);
        if
        :: log_dead -> die()
        :: else -> set_group(GROUP_NAMING)
        fi
    fi
}

inline found_member(i)
{
    set_member(i, MEMBER_PREPARED)
}

inline replay_settled()
{
    found_member(0); found_member(1); found_member(2);
    if
    :: decided -> member_commits(0); member_commits(1); member_commits(2);
        set_group(GROUP_COMMITTED)
    :: else -> set_member(0, MEMBER_BACK); set_member(1, MEMBER_BACK); set_member(2, MEMBER_BACK);
        set_group(GROUP_ABORTED)
    fi
}

inline go_forward()
{
    if
    :: log_decided -> finish()
    :: else -> decided = true; set_group(GROUP_RECORDING)
    fi
}

/* conclude() of replay.c, row by row. */
inline conclude(found)
{
    if
#if FILES
    :: log_decided && found == FOUND_UNDECIDED -> found = FOUND_UNKNOWN
    :: log_decided && found != FOUND_UNDECIDED -> found = FOUND_COMMITTED
    :: !log_decided && found == FOUND_COMMITTED && log_aborted -> found = FOUND_UNKNOWN
    :: !log_decided && found == FOUND_NOTHING ->
        found = (log_deciding && !log_aborted -> FOUND_UNKNOWN : FOUND_UNDECIDED)
#else
    :: log_decided || log_deciding && FLAWED(unknown_is_committed) -> found = FOUND_COMMITTED
    :: !log_decided && !(log_deciding && FLAWED(unknown_is_committed)) -> found = FOUND_UNDECIDED
#endif
    :: else
    fi;
    if
    :: found == FOUND_UNKNOWN && FLAWED(unknown_is_committed) -> go_forward()
    :: found == FOUND_UNKNOWN && !FLAWED(unknown_is_committed) -> doubt()
    :: found == FOUND_COMMITTED -> go_forward()
    :: found == FOUND_UNDECIDED -> roll_back()
    fi
}

/* decision_ask(): what is found committed is made durable before anything follows from it. */
inline ask(found)
{
    if
    :: !healed -> found = FOUND_UNKNOWN
#if FILES
    :: super -> found = FOUND_UNDECIDED
    :: !super && anchor -> found = FOUND_COMMITTED;
        if
        :: FLAWED(found_unsynced)
        :: !FLAWED(found_unsynced) -> sync_folder()
        fi
    :: !super && !anchor -> found = FOUND_NOTHING
#else
    :: found = FOUND_NOTHING
#endif
    fi
}

proctype coordinator()
{
    byte found;

end:
    do
    /* named() */
    :: atomic { IN(GROUP_NAMING) ->
           WRITE(log_group);
           if
           :: set_group(GROUP_ABORTED) /* unwritten, or somebody asked to stop */
           :: !log_dead -> set_group(GROUP_OPENING); next_step(0)
           fi }

#if FILES
    /* decision_make() */
    :: atomic { IN(GROUP_OPENING) && step == 0 ->
           if
           :: FLAWED(anchor_before_super) -> anchor = true
           :: !FLAWED(anchor_before_super) -> super = true
           fi; step = 1 }
    :: atomic { IN(GROUP_OPENING) && step == 1 -> sync_folder(); step = 2 }
    :: atomic { IN(GROUP_OPENING) && step == 2 -> super = true; anchor = true; step = 3 }
    :: atomic { IN(GROUP_OPENING) && step == 3 ->
           sync_folder();
           if
           :: set_group(GROUP_PREPARING); next_step(0)
           :: !healed -> step = 10
           fi }
    :: atomic { IN(GROUP_OPENING) && step > 0 && step < 4 && !healed -> step = 10 }
    :: atomic { IN(GROUP_OPENING) && step == 10 -> anchor = false; step = 11 }
    :: atomic { IN(GROUP_OPENING) && step == 11 ->
           if
           :: FLAWED(opening_unsynced)
           :: !FLAWED(opening_unsynced) -> sync_folder()
           fi; step = 12 }
    :: atomic { IN(GROUP_OPENING) && step == 12 -> super = false; roll_back() }
    :: atomic { IN(GROUP_OPENING) && step >= 10 && !healed -> roll_back() }
#else
    :: atomic { IN(GROUP_OPENING) -> set_group(GROUP_PREPARING) }
    :: atomic { IN(GROUP_OPENING) && !healed -> roll_back() }
#endif

    /* the votes; anything may make the group give up: a request, max_hold, a deadline */
    :: atomic { IN(GROUP_PREPARING) -> abort() }
    :: atomic { IN(GROUP_PREPARING) && ALL(IS_PREPARED) -> set_group(GROUP_INTENDING) }
    :: atomic { IN(GROUP_PREPARING) && FLAWED(before_last_vote) && ALL_BUT_ONE(IS_PREPARED) ->
           set_group(GROUP_INTENDING) }
    :: atomic { IN(GROUP_DRAINING) && !ANY(IS_PREPARING) -> roll_back() }

    /* intended() */
    :: atomic { IN(GROUP_INTENDING) ->
           WRITE(log_deciding);
           if
           :: roll_back()
           :: !log_dead -> set_group(GROUP_SEALING); next_step(0)
           fi }

    /* group_seal(); hands arm in step 1, shut in step 2, write in step 3 */
    :: atomic { IN(GROUP_SEALING) -> roll_back() } /* busy for too long, a barrier failed, a stop */
#if FILES
    :: atomic { IN(GROUP_SEALING) && step == 0 ->
           if
           :: FLAWED(no_first_barrier)
           :: !FLAWED(no_first_barrier) -> barrier()
           fi; next_step(1) }
    :: atomic { IN(GROUP_SEALING) && step == 1 && ALL(IS_DONE) ->
           if
           :: FLAWED(no_second_barrier)
           :: !FLAWED(no_second_barrier) -> barrier()
           fi; next_step(2) }
    :: atomic { IN(GROUP_SEALING) && step == 2 && ALL(IS_DONE) -> next_step(3) }
    :: atomic { IN(GROUP_SEALING) && step == 3 && ALL(IS_DONE) ->
           if
           :: FLAWED(no_third_barrier)
           :: !FLAWED(no_third_barrier) -> barrier()
           fi; set_group(GROUP_DECIDING); next_step(0) }
#else
    :: atomic { IN(GROUP_SEALING) && (ALL(IS_DONE) || FLAWED(not_sealed)) ->
           set_group(GROUP_DECIDING); next_step(0) }
#endif

#if FILES
    /* decision_fall(), decided() */
    :: atomic { IN(GROUP_DECIDING) && step == 0 && !FLAWED(anchor_first) ->
           super = false; fell = true; step = 1 }
    :: atomic { IN(GROUP_DECIDING) && step == 0 && FLAWED(anchor_first) -> anchor = false; step = 9 }
    :: atomic { IN(GROUP_DECIDING) && step == 9 -> super = false; fell = true; step = 1 }
    :: atomic { IN(GROUP_DECIDING) && step == 0 && !healed -> roll_back() }
    :: atomic { IN(GROUP_DECIDING) && step == 1 ->
           if
           :: FLAWED(decision_unsynced)
           :: !FLAWED(decision_unsynced) -> sync_folder()
           fi;
           decided = true; set_group(GROUP_RECORDING) }
    :: atomic { IN(GROUP_DECIDING) && step == 1 && !healed -> doubt() }
    /* recorded(): unwritten, the files have decided all the same */
    :: atomic { IN(GROUP_RECORDING) -> WRITE(log_decided); finish() }
#else
    :: atomic { IN(GROUP_DECIDING) ->
           WRITE(log_decided);
           fell = log_decided;
           if
           :: log_dead && !FLAWED(commit_unrecorded) -> doubt()
           :: !log_dead || FLAWED(commit_unrecorded) -> decided = true; finish()
           fi }
    :: atomic { IN(GROUP_RECORDING) -> WRITE(log_decided); fell = log_decided; finish() }
#endif

    /* group_settled(): commit */
    :: atomic { IN(GROUP_FINISHING) && ALL(IS_DONE) ->
           member_commits(0); member_commits(1); member_commits(2);
           if
           :: log_dead && !FLAWED(commit_unrecorded) -> doubt()
           :: !log_dead || FLAWED(commit_unrecorded) -> set_group(GROUP_CLOSING); next_step(0)
           fi }
    :: atomic { IN(GROUP_FINISHING) && !healed -> doubt() }

    /* abort: withdraw, barrier, release, barrier; in recovery all is left to a stock SQLite */
#if FILES
    :: atomic { IN(GROUP_ROLLING_BACK) && step == 0 && ALL(IS_DONE) -> barrier(); next_step(1) }
    :: atomic { IN(GROUP_ROLLING_BACK) && step == 1 && ALL(IS_DONE) ->
           barrier();
           member_goes_back(0); member_goes_back(1); member_goes_back(2);
           set_group(GROUP_NOTING) }
#else
    :: atomic { IN(GROUP_ROLLING_BACK) && ALL(IS_DONE) ->
           member_goes_back(0); member_goes_back(1); member_goes_back(2);
           set_group(GROUP_NOTING) }
#endif
    :: atomic { IN(GROUP_ROLLING_BACK) && !healed && ANY(IS_UNSETTLED) -> doubt() }

    /* noted(): unwritten, the files stay */
    :: atomic { IN(GROUP_NOTING) ->
           WRITE(log_aborted);
           if
           :: log_dead && !FLAWED(abort_unrecorded) -> set_group(GROUP_ABORTED)
           :: !log_dead || FLAWED(abort_unrecorded) -> set_group(GROUP_CLOSING); next_step(0)
           fi }

#if FILES
    /* decision_close() */
    :: atomic { IN(GROUP_CLOSING) && step == 0 ->
           if
           :: !decided && FLAWED(super_first) -> super = false
           :: decided || !FLAWED(super_first) -> anchor = false
           fi; step = 1 }
    :: atomic { IN(GROUP_CLOSING) && step == 1 ->
           sync_folder();
           if
           :: decided -> set_group(GROUP_ENDING)
           :: else -> step = 2
           fi }
    :: atomic { IN(GROUP_CLOSING) && step == 2 -> super = false; anchor = false; step = 3 }
    :: atomic { IN(GROUP_CLOSING) && step == 3 -> sync_folder(); set_group(GROUP_ENDING) }
    :: atomic { IN(GROUP_CLOSING) && !healed -> doubt() }
#else
    :: atomic { IN(GROUP_CLOSING) -> set_group(GROUP_ENDING) }
    :: atomic { IN(GROUP_CLOSING) && !healed -> doubt() }
#endif

    /* ended() */
    :: atomic { IN(GROUP_ENDING) ->
           WRITE(log_settled);
           if
           :: decided -> set_group(GROUP_COMMITTED)
           :: else -> set_group(GROUP_ABORTED)
           fi }

    /* after a crash: run_replay(), decision_ask(), group_found() */
    :: atomic { IN(GROUP_ASKING) && log_settled -> replay_settled() }
    :: atomic { IN(GROUP_ASKING) && !log_settled && !log_decided && FLAWED(forget_open) ->
           set_group(GROUP_ABORTED) }
    :: atomic { IN(GROUP_ASKING) && !log_settled ->
           ask(found);
           found_member(0); found_member(1); found_member(2);
           conclude(found);
           found = 0 }

    /* run_end(): a run in doubt, and one whose log is dead, has no end record */
    :: atomic { (IN(GROUP_COMMITTED) || IN(GROUP_ABORTED) || IN(GROUP_DOUBT)) &&
           run_state != RUN_ENDING -> set_run(RUN_ENDING) }
    :: atomic { alive && run_state == RUN_ENDING ->
           if
           :: group_state == GROUP_DOUBT || log_dead && decided ->
               log_end = log_end || FLAWED(doubt_ended); set_run(RUN_DOUBT)
           :: group_state != GROUP_DOUBT && log_dead && !decided -> set_run(RUN_NOT_DONE)
           :: group_state != GROUP_DOUBT && !log_dead ->
               WRITE(log_end);
               if
               :: group_state == GROUP_COMMITTED && !log_dead -> set_run(RUN_DONE)
               :: group_state == GROUP_COMMITTED && log_dead -> set_run(RUN_DOUBT)
               :: else -> set_run(RUN_NOT_DONE)
               fi
           fi;
           die() }
    od
}
