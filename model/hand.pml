/* What happens to one tenant: src/engine/sqlite, or a server that keeps prepared transactions. */

/* A member that gave no yes, and held nothing. */
inline turn_away()
{
    if
    :: group_state == GROUP_PREPARING -> set_group(GROUP_DRAINING)
    :: else
    fi
}

inline hold(i)
{
#if FILES
    lock[i] = RESERVED;
    journal[i] = WRITTEN
#else
    tx[i] = OPEN
#endif
}

/* slot_prepare() and member_voted() */
inline vote(i)
{
    if
    :: hold(i); set_member(i, MEMBER_PREPARED)
    :: set_member(i, MEMBER_REFUSED); turn_away()
    :: !healed && group_state == GROUP_PREPARING -> set_member(i, MEMBER_WAITING)
    :: !healed && group_state == GROUP_DRAINING -> set_member(i, MEMBER_BACK)
    :: !healed && FLAWED(lost_is_yes) -> set_member(i, MEMBER_PREPARED)
    :: !healed -> hold(i); set_member(i, MEMBER_LOST); turn_away()
    :: !healed -> set_member(i, MEMBER_LOST); turn_away()
    fi
}

proctype hand(byte i)
{
end:
    do
    :: atomic { IN(GROUP_PREPARING) && (member[i] == MEMBER_IDLE || member[i] == MEMBER_WAITING) ->
           set_member(i, MEMBER_PREPARING) }
    :: atomic { alive && member[i] == MEMBER_PREPARING &&
           (group_state == GROUP_PREPARING || group_state == GROUP_DRAINING) -> vote(i) }

#if FILES
    /* tenant_file_arm(), _shut(), _apply(); a slot without a file is passed over */
    :: atomic { IN(GROUP_SEALING) && step > 0 && !done[i] && lock[i] == FREE -> done[i] = true }
    :: atomic { IN(GROUP_SEALING) && step == 1 && !done[i] && lock[i] != FREE ->
           journal[i] = ARMED; done[i] = true }
    :: atomic { IN(GROUP_SEALING) && step == 2 && !done[i] && lock[i] != FREE ->
           if
           :: FLAWED(not_shut)
           :: !FLAWED(not_shut) -> lock[i] = EXCLUSIVE
           fi; done[i] = true }
    :: atomic { IN(GROUP_SEALING) && step == 3 && !done[i] && lock[i] != FREE && page[i] == OLD ->
           page[i] = TORN }
    :: atomic { IN(GROUP_SEALING) && step == 3 && page[i] == TORN ->
           page[i] = NEW; done[i] = true }

    /* tenant_file_finish() */
    :: atomic { IN(GROUP_FINISHING) && !recovering && lock[i] != FREE && journal[i] != NONE ->
           journal[i] = NONE }
    :: atomic { IN(GROUP_FINISHING) && !recovering && !done[i] && journal[i] == NONE ->
           lock[i] = FREE; done[i] = true }

    /* withdraw_one(), release_one(): what was written is for a stock SQLite to play back */
    :: atomic { IN(GROUP_ROLLING_BACK) && !recovering && step == 0 && !done[i] ->
           if
           :: lock[i] != FREE && page[i] == OLD -> journal[i] = NONE
           :: else
           fi; done[i] = true }
    :: atomic { IN(GROUP_ROLLING_BACK) && !recovering && step == 1 && lock[i] != FREE ->
           lock[i] = FREE }
    :: atomic { IN(GROUP_ROLLING_BACK) && !recovering && step == 1 && !done[i] && lock[i] == FREE ->
           stock_settle(i); done[i] = true }

    /* settle_recovered() */
    :: atomic { (IN(GROUP_FINISHING) || IN(GROUP_ROLLING_BACK)) && recovering && !done[i] &&
           !(FLAWED(never_settled) && journal[i] != NONE) -> stock_settle(i); done[i] = true }
#else
    :: atomic { IN(GROUP_SEALING) && !done[i] ->
           tx[i] = (tx[i] == OPEN -> SEALED : tx[i]); done[i] = true }
    :: atomic { IN(GROUP_FINISHING) && !done[i] ->
           if
           :: tx[i] != NONE -> page[i] = NEW; tx[i] = NONE
           :: else
           fi; done[i] = true }
    :: atomic { IN(GROUP_ROLLING_BACK) && !done[i] &&
           !(FLAWED(never_settled) && recovering && tx[i] != NONE) -> tx[i] = NONE; done[i] = true }
#endif
    od
}
