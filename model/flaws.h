/* The flaws that a run of the verifier can plant, one at a time: FLAW=NAME in its environment.
 * Each row says what is done wrong; X(name, where it belongs, sentence): FILES of lockstep.pml, 1,
 * 0, or 2 for both; 3: history.pml. */
#ifndef MODEL_FLAWS_H
#define MODEL_FLAWS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAWS(X)                                                                                   \
    X(before_last_vote, 2, "the group decides although one vote is missing")                       \
    X(lost_is_yes, 2, "an answer that was lost is taken for a yes")                                \
    X(unknown_is_committed, 2, "recovery takes what it cannot know for committed")                 \
    X(abort_unrecorded, 1, "an abort that is not recorded takes the decision files away")          \
    X(commit_unrecorded, 2, "a decision that is not recorded is closed, or told to the tenants")   \
    X(anchor_first, 1, "on commit the anchor goes before the super-journal")                       \
    X(super_first, 1, "on abort the super-journal goes before the anchor")                         \
    X(no_anchor, 1, "the super-journal's list does not begin with an anchor")                      \
    X(anchor_before_super, 1, "the anchor is made before the super-journal")                       \
    X(opening_unsynced, 1, "opening that fails removes both files without a sync between")         \
    X(no_first_barrier, 1, "journals are armed before their content is durable")                   \
    X(no_second_barrier, 1, "pages are written before the journals are durably armed")             \
    X(no_third_barrier, 1, "the decision falls before the pages are durable")                      \
    X(not_shut, 1, "pages are written while readers are there")                                    \
    X(decision_unsynced, 1, "the unlink of the super-journal is not made durable")                 \
    X(found_unsynced, 1, "recovery goes on from an unlink that is not durable")                    \
    X(unordered, 1, "the file system does not keep the order of removals")                         \
    X(not_sealed, 0, "the decision falls before the servers keep the votes")                       \
    X(never_settled, 2, "recovery does not settle a tenant whose journal or transaction is there") \
    X(forget_open, 2, "recovery takes a group without decision for settled")                       \
    X(doubt_ended, 2, "a run in doubt gets an end record, so that nobody asks again")              \
    X(no_key, 3, "two rows may have one number")                                                   \
    X(no_file, 3, "nobody looks whether the table is the one that was seen")                       \
    X(no_doubt, 3, "who asks again does not hold the rows to those that were seen")                \
    X(ask_no_fence, 3, "who asks again does not look for the fence")                               \
    X(fence_no_number, 3, "the fence takes no number")                                             \
    X(fence_not_waited, 3, "the fence does not wait for who has written")

enum flaw {
    NO_FLAW,
#define X(name, files, sentence) name,
    FLAWS(X)
#undef X
};

static int flaw;

/* Before main, so that the search does not see it as a state. */
__attribute__((constructor)) static void flaw_choose(void)
{
    static const char *const names[] = {"",
#define X(name, files, sentence) #name,
                                        FLAWS(X)
#undef X
    };
    const char *wanted = getenv("FLAW");

    for (size_t i = 1; wanted && *wanted && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], wanted) == 0)
            flaw = (int)i;
    if (wanted && *wanted && !flaw) {
        fprintf(stderr, "no flaw %s\n", wanted);
        exit(2);
    }
}

#endif
