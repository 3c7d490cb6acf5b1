/*
 * A tenant's history on a PostgreSQL server as a Spin model: who may write to it. The words are those
 * of src/engine/postgres/history.h; steps.c and history_write.c are what is modelled.
 *
 *   writer(LATE)    runs the step for a group whose coordinator may be gone any time: what it has
 *                   sent is carried out all the same
 *   writer(OTHER)   runs the same step for another run, from another state folder
 *   coordinator     decides the group once its vote is there, if it is alive still
 *   recovery        takes the group for over: ends what is prepared, and puts up the fence
 *   restore         puts an older copy in the table's place; or the table is only written anew
 *
 * A transaction's row is there for all others when it ends; until then who wants the same number
 * waits, and so do the fence and who replaces the table.
 *
 * Promises
 *   fence   behind the fence no vote of the group is given
 *   once    a step stands in no history twice
 *   chain   a row stands behind the rows that its writer saw, and no others (fences are no rows)
 */
c_decl {
\#include "flaws.h"

static void wrong(const char *what)
{
    printf("wrong: %s\n", what);
}
};

#define FLAWED(name) c_expr { flaw == name }
#define WRONG(text)  c_code { wrong(text); }; assert(false)

#define LATE    0
#define OTHER   1
#define NOTHING 0

/* the table */
byte file;          /* which one it is */
byte olds = 2;      /* rows from before */
bool applied[2];    /* the writer's row is there */
bool fence;
byte last = 2;      /* the last number */
/* transactions */
byte number[2];     /* the row under way; NOTHING: none */
bool reads[2];      /* holds the table by having read it */
bool prepared[2];
/* the group of LATE; it began when its tenants had been looked at */
bool begun, decided, over;

#define ROWS    (olds + 4 * applied[LATE] + 8 * applied[OTHER])
#define UNUSED  (number[LATE] == NOTHING && number[OTHER] == NOTHING)
#define UNREAD  (UNUSED && !reads[LATE] && !reads[OTHER])

inline commit(x)
{
    applied[x] = true;
    last = (number[x] > last -> number[x] : last);
    number[x] = NOTHING;
    prepared[x] = false;
    if
    :: applied[LATE] && applied[OTHER] -> WRONG("once: a step stands there twice")
    :: else
    fi
}

inline roll_back(x)
{
    number[x] = NOTHING;
    prepared[x] = false;
    reads[x] = false
}

/* The row, behind `behind` of this table; it fails where the number is taken. */
inline write(x, behind, table)
{
    atomic {
        number[1 - x] != behind + 1 || FLAWED(no_key) ->
        if
        :: last > behind && !FLAWED(no_key) -> failed = true
        :: file != table && !FLAWED(no_file) -> failed = true
        :: else ->
               failed = false;
               number[x] = behind + 1;
               if
               :: ROWS != saw -> WRONG("chain: a row stands behind others than its writer saw")
               :: else
               fi
        fi
    }
}

proctype writer(byte x)
{
    byte saw, saw_last, saw_file, now_last;
    bool failed;

    atomic {
        saw = ROWS;
        saw_last = last;
        saw_file = file;
        begun = begun || x == LATE;
        if
        :: applied[1 - x] -> goto done /* there is nothing to do */
        :: else
        fi
    };
    write(x, saw_last, saw_file);
    if
    :: failed ->
           atomic { /* it doubts what it saw, and asks */
               if
               :: ROWS != saw && !FLAWED(no_doubt) -> goto done
               :: x == LATE && fence && !FLAWED(ask_no_fence) -> goto done
               :: else -> reads[x] = true; now_last = last
               fi
           };
           write(x, now_last, file);
           if
           :: atomic { failed -> roll_back(x); goto done }
           :: else
           fi
    :: else
    fi;
    if
    :: atomic { true -> roll_back(x) } /* something else fails */
    :: atomic { x == OTHER -> commit(x); roll_back(x) }
    :: atomic { x == LATE -> prepared[x] = true; reads[x] = false;
           if
           :: over -> WRONG("fence: a vote is given behind it")
           :: else
           fi }
    fi;
done:
    skip
}

active proctype coordinator()
{
end:
    atomic { prepared[LATE] && !over -> decided = true; commit(LATE) }
}

active proctype recovery()
{
end:
    begun ->
    do
    :: atomic { decided -> break }
    :: atomic { !decided && prepared[LATE] -> roll_back(LATE) }
    :: atomic { !decided && (UNUSED || FLAWED(fence_not_waited)) ->
           fence = true;
           over = true;
           last = (FLAWED(fence_no_number) -> last : last + 1);
           break }
    od
}

active proctype restore()
{
end:
    do
    :: atomic { UNREAD && olds == 2 -> file++; olds = 1; last = 1;
           applied[LATE] = false; applied[OTHER] = false }
    :: atomic { UNREAD && file < 2 -> file++ }
    :: break
    od
}

init
{
    atomic { run writer(LATE); run writer(OTHER) }
}
