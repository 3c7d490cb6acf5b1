/*
 * The protocol as a Spin model: one group of three tenants, run twice in a row, with two crashes at
 * any two moments; every interleaving is tried. doc/protocol.md tells the same in words.
 *
 *   coordinator   the machine of src/core: group and run, and the run log (machine.pml)
 *   hand          one a tenant: the thread of the crew that works on it, or its server (hand.pml)
 *   nature        kills the process, takes the power away, starts the next process, which recovers
 *                 first
 *   mend          heals, at some time, all that is broken
 *   application   a stock SQLite that opens a tenant and settles its hot journal
 *   judge         holds every state against the promises
 *
 * Two kinds of decision:
 *   FILES=1   the super-journal's unlink (sqlite). Journals, pages and folder entries have a cached
 *             and a durable value; a power failure picks one of the two for each (world.pml)
 *   FILES=0   the record `decided`; tenants on servers that keep a prepared transaction
 *
 * States are those of src/core/state.h (states.pml is made from it), and each move is looked up in
 * the table of src/core/state.c, which is linked in. Faults (busy, no answer, unwritable log, failed
 * sync or unlink, unreachable folder) happen as often as they like until `healed`.
 *
 * Promises
 *   agreement    no two tenants can be read of which one is old and one is new; none reads torn
 *   decision     nobody reads new before the decision fell, and nobody old after it was recorded
 *   answers      a tenant that the machine calls committed is new, one that it calls back is old
 *   clean        a run that ended holds nothing and leaves nothing
 *   termination  when all is healed, both runs end (ltl, weak fairness)
 *
 * FLAW=NAME in the environment of the verifier plants one of the flaws of flaws.h; each must be
 * found. tests/model/model.py builds and runs all of it.
 *
 * Not modelled: several groups and undo, scope group and tenant, logged and compensated members,
 * pages that go to disk early, a server that carries out a call after the process that made it
 * died. Timeouts and requests to stop are choices to give up. src/sim has these, not exhaustively.
 */
#include "states.pml"

#ifndef FILES
#define FILES 1
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef RUNS
#define RUNS 2
#endif

#include "world.pml"
#include "machine.pml"
#include "hand.pml"

/* --- the promises --- */

active proctype judge()
{
end:
    if
#if FILES
    :: atomic { ANY(READS_NEW) && ANY(READS_OLD) -> WRONG("agreement: one is new and one is old") }
    :: atomic { ANY(READS_TORN) -> WRONG("agreement: a tenant is torn") }
    :: atomic { ANY(READS_OLD) && log_decided -> WRONG("decision: one is old after it") }
#else /* servers commit one after the other; what must not be is a vote that is gone */
    :: atomic { fell && ANY(VOTE_IS_GONE) -> WRONG("agreement: one ends old after the decision") }
#endif
    :: atomic { ANY(READS_NEW) && !fell -> WRONG("decision: one is new before it") }
    fi
}

ltl termination { <> over }

/* --- the world around --- */

inline check_clean()
{
    if
    :: !ALL(IS_SETTLED) -> WRONG("clean: a tenant is still held")
    :: ALL(IS_SETTLED) && !(ALL(READS_NEW) || ALL(READS_OLD)) -> WRONG("clean: the tenants differ")
#if FILES
    :: !ALL(IS_DURABLE) -> WRONG("clean: a tenant's pages are not durable")
    :: super || super_disk || anchor || anchor_disk -> WRONG("clean: decision files are left")
#endif
    :: else
    fi
}

active proctype nature()
{
    do
    :: atomic { !alive && !log_end -> start() }
    :: atomic { !alive && log_end -> check_clean();
           if
           :: runs + 1 < RUNS -> runs++; next_run()
           :: else -> over = true; break
           fi }
    :: atomic { alive && crashes < CRASHES -> crashes++; die() }
#if FILES
    :: atomic { log_plan && crashes < CRASHES -> crashes++; die(); lose_power() }
#endif
    od
}

active proctype mend()
{
    healed = true
}

#if FILES
proctype application(byte i)
{
end:
    do
    :: atomic { lock[i] == FREE && (journal[i] == ARMED || journal[i] == RUBBISH) -> stock_settle(i) }
    od
}
#endif

init
{
    atomic {
        run coordinator(); run hand(0); run hand(1); run hand(2);
#if FILES
        run application(0); run application(1); run application(2)
#endif
    }
}
