/* Holds the model's moves to the tables of the code, and counts which arrows it takes. */
#ifndef MODEL_MOVES_H
#define MODEL_MOVES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/state.h"

static bool runs_taken[RUN_STATES][RUN_STATES];
static bool groups_taken[GROUP_STATES][GROUP_STATES];
static bool members_taken[MEMBER_STATES][MEMBER_STATES];

/* The verifier would find an assert() of C no violation but its own death: said, and ended. */
static void move(const char *of, const struct state_row *from, const struct state_row *to,
                 unsigned bit, bool *taken)
{
    if (!(from->next & bit)) {
        printf("wrong: no %s goes from %s to %s in src/core/state.c\n", of, from->name, to->name);
        exit(3);
    }
    *taken = true;
}

static void run_moves(unsigned from, unsigned to)
{
    move("run", run_state_row(from), run_state_row(to), 1u << to, &runs_taken[from][to]);
}

static void group_moves(unsigned from, unsigned to)
{
    move("group", group_state_row(from), group_state_row(to), 1u << to, &groups_taken[from][to]);
}

static void member_moves(unsigned from, unsigned to)
{
    move("member", member_state_row(from), member_state_row(to), 1u << to,
         &members_taken[from][to]);
}

static void wrong(const char *what)
{
    printf("wrong: %s\n", what);
}

static void arrow(const char *of, const struct state_row *from, const struct state_row *to,
                  bool is_taken)
{
    printf("arrow: %s %s -> %s: %s\n", of, from->name, to->name, is_taken ? "taken" : "not taken");
}

/* At the end of the search: every arrow of the tables, and whether the model went along it. */
__attribute__((destructor)) static void tell_arrows(void)
{
    for (unsigned i = 0; i < RUN_STATES; i++)
        for (unsigned to = 0; to < RUN_STATES; to++)
            if (run_state_row(i)->next & 1u << to)
                arrow("run", run_state_row(i), run_state_row(to), runs_taken[i][to]);
    for (unsigned i = 0; i < GROUP_STATES; i++)
        for (unsigned to = 0; to < GROUP_STATES; to++)
            if (group_state_row(i)->next & 1u << to)
                arrow("group", group_state_row(i), group_state_row(to), groups_taken[i][to]);
    for (unsigned i = 0; i < MEMBER_STATES; i++)
        for (unsigned to = 0; to < MEMBER_STATES; to++)
            if (member_state_row(i)->next & 1u << to)
                arrow("member", member_state_row(i), member_state_row(to), members_taken[i][to]);
}

#endif
