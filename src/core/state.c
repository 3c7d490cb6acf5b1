#include "core/state.h"

#define TO(state) (1u << (state))

static const struct state_row runs[RUN_STATES] = {
    [RUN_PLANNED] = {"planned", TO(RUN_RUNNING) | TO(RUN_RECOVERING), "is planned"},
    [RUN_RECOVERING] = {"recovering", TO(RUN_UNDOING) | TO(RUN_ENDING),
                        "finds out what a crash left open"},
    [RUN_RUNNING] = {"running", TO(RUN_UNDOING) | TO(RUN_ENDING), "is running"},
    [RUN_UNDOING] = {"undoing", TO(RUN_ENDING), "takes its committed groups back"},
    [RUN_ENDING] = {"ending", TO(RUN_DONE) | TO(RUN_NOT_DONE) | TO(RUN_PARTIAL) | TO(RUN_DOUBT),
                    "records its end"},
    [RUN_DONE] = {"done", 0, "is done"},
    [RUN_NOT_DONE] = {"not done", 0, "is not done, the fleet is as it was"},
    [RUN_PARTIAL] = {"partial", 0, "is done for some tenants only"},
    [RUN_DOUBT] = {"in doubt", 0, "is in doubt"},
};

static const struct state_row groups[GROUP_STATES] = {
    [GROUP_WAITING] = {"waiting", TO(GROUP_NAMING) | TO(GROUP_ASKING) | TO(GROUP_ABORTED),
                       "waits its turn"},
    [GROUP_NAMING] = {"naming", TO(GROUP_OPENING) | TO(GROUP_ABORTED), "is being recorded"},
    [GROUP_OPENING] = {"opening", TO(GROUP_PREPARING) | TO(GROUP_ROLLING_BACK),
                       "makes its decision files"},
    [GROUP_PREPARING] = {"preparing",
                         TO(GROUP_INTENDING) | TO(GROUP_DRAINING) | TO(GROUP_ROLLING_BACK),
                         "prepares its tenants"},
    [GROUP_DRAINING] = {"draining", TO(GROUP_ROLLING_BACK), "waits for the last votes to abort"},
    [GROUP_INTENDING] = {"intending", TO(GROUP_SEALING) | TO(GROUP_ROLLING_BACK),
                         "records that it will decide"},
    [GROUP_SEALING] = {"sealing", TO(GROUP_DECIDING) | TO(GROUP_ROLLING_BACK),
                       "makes the votes durable"},
    [GROUP_DECIDING] = {"deciding",
                        TO(GROUP_RECORDING) | TO(GROUP_FINISHING) | TO(GROUP_ROLLING_BACK) |
                            TO(GROUP_DOUBT),
                        "decides"},
    [GROUP_RECORDING] = {"recording", TO(GROUP_FINISHING), "records the decision"},
    [GROUP_FINISHING] = {"finishing", TO(GROUP_CLOSING) | TO(GROUP_DOUBT), "commits its tenants"},
    [GROUP_ROLLING_BACK] = {"rolling back", TO(GROUP_NOTING) | TO(GROUP_DOUBT),
                            "takes its tenants back"},
    [GROUP_NOTING] = {"noting", TO(GROUP_CLOSING) | TO(GROUP_ABORTED), "records the abort"},
    [GROUP_CLOSING] = {"closing", TO(GROUP_ENDING) | TO(GROUP_DOUBT),
                       "takes its decision files away"},
    [GROUP_ENDING] = {"ending", TO(GROUP_COMMITTED) | TO(GROUP_ABORTED), "records its end"},
    [GROUP_ASKING] = {"asking",
                      TO(GROUP_RECORDING) | TO(GROUP_FINISHING) | TO(GROUP_ROLLING_BACK) |
                          TO(GROUP_DOUBT) | TO(GROUP_COMMITTED) | TO(GROUP_ABORTED),
                      "looks at what lies there"},
    [GROUP_COMMITTED] = {"committed", 0, "is committed"},
    [GROUP_ABORTED] = {"aborted", 0, "is aborted, its tenants are as they were"},
    [GROUP_DOUBT] = {"in doubt", 0, "is in doubt"},
};

static const struct state_row members[MEMBER_STATES] = {
    [MEMBER_IDLE] = {"idle",
                     TO(MEMBER_PREPARING) | TO(MEMBER_PREPARED) | TO(MEMBER_BACK) |
                         TO(MEMBER_REFUSED),
                     "has not begun"},
    [MEMBER_PREPARING] = {"preparing",
                          TO(MEMBER_PREPARED) | TO(MEMBER_WAITING) | TO(MEMBER_REFUSED) |
                              TO(MEMBER_LOST) | TO(MEMBER_BACK),
                          "is being prepared"},
    [MEMBER_WAITING] = {"waiting", TO(MEMBER_PREPARING) | TO(MEMBER_BACK), "waits for its lock"},
    [MEMBER_PREPARED] = {"prepared",
                         TO(MEMBER_COMMITTED) | TO(MEMBER_BACK) | TO(MEMBER_REFUSED) |
                             TO(MEMBER_DOUBT),
                         "votes yes"},
    [MEMBER_REFUSED] = {"refused", 0, "votes no"},
    [MEMBER_LOST] = {"lost", TO(MEMBER_BACK) | TO(MEMBER_DOUBT), "gave a vote that was lost"},
    [MEMBER_COMMITTED] = {"committed", TO(MEMBER_BACK),
                          "is committed"}, /* back: by an undo group */
    [MEMBER_BACK] = {"back", 0, "is as it was"},
    [MEMBER_DOUBT] = {"in doubt", 0, "is in doubt"},
};

const struct state_row *run_state_row(enum run_state state)
{
    return &runs[state];
}

const struct state_row *group_state_row(enum group_state state)
{
    return &groups[state];
}

const struct state_row *member_state_row(enum member_state state)
{
    return &members[state];
}
