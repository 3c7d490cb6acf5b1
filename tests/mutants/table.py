"""The planted bugs: each is one line of the protocol done wrong, and the test that must catch it.

A mutant names the function, the right piece of a line in it (which must stand there once) and the wrong one.
Its catcher is the narrowest test that is about what it breaks; most are caught by many others too.
"""

from dataclasses import dataclass

from catchers import Command, Kill, Power, Sim, Unit

ENGINE = "src/engine/sqlite/"

COMMIT3 = "--mode delete --ending commit --size 3"
FAILING3 = "--mode delete --ending failing --size 3"
WAL3 = "--mode wal-idle --ending commit --size 3"
LIVE3 = "--mode wal-live --ending commit --size 3"
FILES = "--near .super .anchor"  # kills around what is done to the decision files


@dataclass(frozen=True)
class Mutant:
    bug: str
    file: str
    function: str
    right: str
    wrong: str
    catcher: object


def decision(bug, function, right, wrong, catcher):
    return Mutant(bug, ENGINE + "decision.c", function, right, wrong, catcher)


def engine(bug, place, right, wrong, catcher):
    file, function = place.split(":")
    return Mutant(bug, f"{ENGINE}{file}.c", function, right, wrong, catcher)


def core(bug, place, right, wrong, catcher):
    file, function = place.split(":")
    return Mutant(bug, f"src/core/{file}.c", function, right, wrong, catcher)


DECISION = [
    decision("the super-journal's name is not made durable before its anchor", "make_super",
             "r == E_OK ? dir_sync(d->dir, e) : r", "r", Power(COMMIT3, "torn|wrong", near="create .anchor")),
    decision("the anchor's name is not made durable", "make_anchor",
             "r == E_OK ? dir_sync(d->dir, e) : r", "r", Power(COMMIT3, "torn|wrong")),
    Mutant("the super-journal's content is not made durable", "src/base/file.c", "fill",
           "if (fsync(fd) != 0)", "if (0)", Power(COMMIT3, "torn|wrong|left over")),
    decision("the list does not begin with an anchor", "make_super",
             "str_addn(&list, d->anchor, strlen(d->anchor) + 1);", "", Kill(f"{COMMIT3} {FILES}", "torn|wrong")),
    decision("the anchor does not refer to its super-journal", "make_anchor",
             "journal_add_record(&content, 0, d->super);", "", Kill(f"{COMMIT3} {FILES}")),
    decision("the anchor goes first on commit", "decision_fall",
             "if (unlink(d->super) != 0)", "if (unlink(d->anchor) != 0 || unlink(d->super) != 0)",
             Kill(f"{COMMIT3} {FILES}", "wrong|left over")),
    decision("the super-journal goes first on abort", "decision_close",
             "int r = remove_durably(d->anchor, d->dir, e);",
             "int r = remove_durably(verdict == VERDICT_ABORT ? d->super : d->anchor, d->dir, e);",
             Kill(f"{FAILING3} {FILES}", "wrong|left over")),
    decision("the unlink that decides is not made durable", "decision_fall",
             "if (dir_sync(d->dir, e) != E_OK)", "if (0)", Power(COMMIT3, "torn|lost|wrong")),
    decision("an abort removes both files without a sync between", "remove_durably",
             "return dir_sync(dir, e);", "return E_OK;", Power(FAILING3, "wrong|torn|left over")),
    decision("recovery acts on what it sees, durable or not", "decision_ask",
             "if (dir_sync(d->dir, e) != E_OK)", "if (0)",
             Power(COMMIT3, "torn|lost|wrong", 2000, "unlink .super")),
    decision("an anchor that is there means committed", "decision_ask",
             "super ? FOUND_UNDECIDED : anchor ? FOUND_COMMITTED : FOUND_NOTHING",
             "anchor ? FOUND_COMMITTED : super ? FOUND_UNDECIDED : FOUND_NOTHING",
             Unit("group", "a_new_process_settles_an_undecided_group")),
    decision("a super-journal that is gone already is a certain no", "decision_fall",
             "errno == ENOENT ? E_DOUBT : E_REFUSED", "E_REFUSED",
             Unit("group", "a_super_journal_that_somebody_removed_is_doubt")),
    decision("a run that lives does not hold its anchor", "hold",
             "lock_set(d->lock, LOCK_EXCLUSIVE, 0, 1) != E_OK", "0",
             Command("runs", "another state folder's recover leaves a living run's files alone")),
    decision("the rest of a torn anchor counts as names", "all_names",
             "if (list[at] != '/')", "if (0)",
             Unit("decision", "an_anchor_without_a_sector_is_as_good_as_none")),
    decision("an anchor alone is not found", "parse_name",
             'str_same(name, ".super") || str_same(name, ".anchor")', 'str_same(name, ".super")',
             Kill(f"{COMMIT3} {FILES}", "left over")),
    engine("the super-journal's list is short", "group:group_open",
           "i < g->n; i++", "i + 1 < g->n; i++", Unit("group", "the_decision_files_name_every_journal")),
    engine("a folder that the tenant's owner cannot search is good enough", "prepare:check_reach",
           "if (!sys)", "if (1)",
           Command("unusable", "decision files where a tenant's owner cannot see them: refused, by name")),
]

JOURNAL = [
    engine("a name is summed as unsigned bytes", "journal:journal_add_record",
           "(uint32_t)(signed char)*p", "(uint32_t)(unsigned char)*p",
           Unit("group", "a_decision_holds_in_a_folder_with_an_accent")),
    engine("the record counts are on disk from the first", "journal:journal_put",
           "memset(j->memory.data + COUNT_AT, 0, 4);", ";",
           Power("--mode delete --ending commit --size 3 --option utf16", images=3000)),
    engine("journals are never armed", "tenant_seal:tenant_file_arm",
           "if (journal_arm(&f->journal) != 0)", "if (0)", Kill(f"{COMMIT3} {FILES}", "torn|corrupt|wrong")),
    engine("a vote without SQLite's own end of the journal counts", "tenant_seal:tenant_file_vote",
           "!f->journal.recorded || !f->journal_ended", "!f->journal.recorded",
           Unit("vote", "a_vote_needs_the_record_and_the_end_of_the_journal")),
    engine("a vote without the super-journal's record counts", "tenant_seal:tenant_file_vote",
           "!f->journal.recorded || !f->journal_ended", "!f->journal_ended",
           Unit("vote", "a_vote_needs_the_record_and_the_end_of_the_journal")),
    engine("what devices promise is passed on to SQLite", "vfs:device_characteristics",
           "return SQLITE_IOCAP_POWERSAFE_OVERWRITE;",
           "return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SEQUENTIAL;",
           Unit("group", "commits_in_rollback_mode")),
    engine("page 1 goes back with the disguise of a WAL tenant", "journal:undisguise",
           "((unsigned char *)copy)[18] = 2;", ";", Kill(f"{WAL3} {FILES}", "changed|corrupt|torn|wrong")),
    engine("page 1 is written with the disguise of a WAL tenant", "tenant_io:hold",
           "set_mode(f->held.pages[i].bytes, f->held.pages[i].n, 0, MODE_WAL);", ";",
           Unit("group", "commits_idle_wal_without_a_change_of_mode")),
    engine("a journal that an application left stays in the way", "tenant_file:drop_leftover",
           "if (!f->super || access(f->journal.path, F_OK) != 0)", "if (1)",
           Unit("group", "a_left_over_journal_does_no_harm")),
    engine("a hot journal of a crashed application counts as left over", "tenant_file:journal_is_hot",
           "first != 0", "0", Unit("vote", "a_hot_journal_of_a_crashed_application_is_settled_first")),
    engine("a WAL of a crashed application is passed over", "tenant_file:lock_wal",
           "has_wal(f->path)", "0", Unit("vote", "the_wal_of_a_crashed_application_is_taken_in_first")),
    engine("a journal does not belong to whom the tenant belongs", "side:hand_over",
           "return fchown(fd, owner->uid, owner->gid);", "return 0;",
           Kill(f"{COMMIT3} --option owners --near journal", "changed|wrong|torn")),
]

SEALING = [
    engine("no barrier before journals are armed", "group:group_seal",
           "relief_failed(g, e) : group_barrier(g, e)", "relief_failed(g, e) : E_OK",
           Power("--mode delete --ending commit --size 3 --option utf16", images=3000)),
    engine("no barrier between armed journals and pages", "group:group_seal",
           "if (r == E_OK)\n        r = group_barrier(g, e);", "", Power(COMMIT3)),
    engine("no barrier between pages and decision", "group:group_seal",
           "return r == E_OK ? group_barrier(g, e) : r;", "return r;", Power(COMMIT3)),
    engine("a barrier of single files leaves journals out", "group:sync_one",
           "r = str_ok(&journal) ? barrier_file(str_text(&journal), &e) : error_oom(&e);", "r = E_OK;",
           Power(f"{COMMIT3} --option fsync")),
    engine("a barrier of single files leaves their folders out", "barrier:barrier_file",
           "return str_ok(&dir) ? dir_sync(str_text(&dir), e) : error_oom(e);", "return E_OK;",
           Power(f"{COMMIT3} --option fsync")),
    engine("pages are written while readers are there", "group:group_seal",
           "r = seal_all(g, tenant_file_shut, e);",
           "r = (seal_all(g, tenant_file_apply, e), seal_all(g, tenant_file_shut, e));",
           Unit("group", "a_reader_that_stays_leaves_files_untouched")),
    engine("a full cap writes pages while readers are there", "tenant_io:go_through",
           "int r = tenant_lock_exclusive(&f->lock, f->path);", "int r = E_OK;",
           Unit("vote", "a_full_cap_writes_nothing_while_somebody_reads")),
    engine("a full cap writes pages before their journal is durable", "tenant_io:journal_to_disk",
           "if (journal_arm(&f->journal) != 0 || fsync(f->journal.fd) != 0)",
           "if (journal_arm(&f->journal) != 0)", Power(f"{COMMIT3} --option cap64k", images=3000)),
    engine("a relief writes pages before their journals are durable", "relief:relieve",
           "if (barrier(g))\n            each->run", "each->run",
           Power(f"{COMMIT3} --option relief", images=3000)),
    engine("a sync that failed in a relief is forgotten", "group:group_seal",
           "int r = g->relief_failure.code ?", "int r = 0 ?",
           Unit("group", "a_sync_that_failed_early_is_not_forgotten")),
    engine("a file that was moved over a tenant gets its pages", "tenant_seal:check_same",
           "if (named.st_dev != f->dev || named.st_ino != f->ino ||",
           "if (0 &&", Unit("group", "a_file_moved_over_a_tenant_after_its_vote_is_refused")),
    engine("truncation is passed through", "tenant_io:tenant_file_truncate",
           "f->cut = size;", "f->sys = ftruncate(f->lock.fd, size);",
           Unit("group", "a_shrinking_file_aborts_whole")),
    engine("a truncation that was held is forgotten", "tenant_seal:tenant_file_finish",
           "int r = truncate_now(f, e);", "int r = E_OK;",
           Unit("group", "a_file_that_shrinks_is_cut_after_the_decision")),
]

LOCKS = [
    Mutant("locks are POSIX locks, which any close drops", "src/base/lock.c", "lock_set",
           "F_OFD_SETLK", "F_SETLK", Unit("lock", "a_stray_close_of_the_same_file_drops_nothing")),
    engine("SQLite's unlocking is carried out", "vfs:main_unlock",
           "(void)level;", "tenant_lock_release(&tenant_of(file)->lock);",
           Unit("group", "parked_locks_keep_writers_out_and_commit")),
    engine("on commit the lock goes before the journal", "tenant_seal:tenant_file_finish",
           "r = unlink_journal(f, e);", "r = (tenant_lock_release(&f->lock), unlink_journal(f, e));",
           Unit("order", "a_journal_goes_before_its_lock")),
    engine("on abort locks go before journals are durably gone", "settle:abort_files",
           "r = group_barrier(s->g, &s->cause);", "r = E_OK;",
           Unit("order", "an_abort_is_durable_before_a_lock_goes")),
    engine("a parked lock goes before the new one stands", "lock:widen_parked",
           "r = lock_set(lock->fd, LOCK_EXCLUSIVE, PENDING_BYTE, 1);",
           "r = (munmap(lock->parked, MAPPED_SIZE), lock_set(lock->fd, LOCK_EXCLUSIVE, PENDING_BYTE, 1));",
           Unit("order", "a_parked_lock_goes_when_the_new_one_stands")),
    engine("a descriptor is closed without its lock being parked", "lock:tenant_lock_park",
           "mapping = mmap(NULL, MAPPED_SIZE, PROT_NONE, MAP_PRIVATE, lock->fd, 0);",
           "mapping = mmap(NULL, MAPPED_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);",
           Unit("group", "parked_locks_keep_writers_out_and_commit")),
    engine("a WAL tenant is taken without asking who has it open", "tenant_file:lock_wal",
           "int r = tenant_lock_exclusive(&f->lock, f->path);", "int r = tenant_lock_shared(&f->lock);",
           Unit("group", "a_live_wal_tenant_is_logged")),
]

SETTLING = [
    engine("journals of pages that were written are thrown away", "tenant_seal:tenant_file_withdraw",
           "if (f->through || f->phase == FILE_APPLIED)", "if (f->through)",
           Unit("group", "an_abort_after_the_seal_rolls_pages_back")),
    engine("a logged tenant is committed before the decision", "logged:logged_prepare",
           "r = begin_and_run(slot->db, w, e);",
           'r = begin_and_run(slot->db, w, e) || db_exec(slot->db, "COMMIT; BEGIN", e);',
           Kill("--mode wal-live --ending failing --size 3 --near .super state.db", "torn|wrong")),
    engine("a deferred foreign key is not looked at before the vote", "logged:begin_and_run",
           "r = check_deferred(db, e);", "r = E_OK;",
           Unit("vote", "a_logged_vote_looks_at_deferred_foreign_keys")),
    engine("recovery takes every logged tenant for committed", "settle:commit_if_missing",
           "if (r != E_OK || done)", "if (1)", Kill(f"{LIVE3} --near t02.db-wal", "torn|wrong")),
    engine("a group's row is told by the run alone", "history:history_has_group",
           "WHERE run = ? AND grp = ? LIMIT 1", "WHERE run = ? AND grp >= 0 * ? LIMIT 1",
           Kill("--mode wal-live --ending failing --size 3 --option groups --near .super .anchor", "torn|wrong")),
    engine("the ledger is not written before what cannot be taken back", "compensated:compensated_prepare",
           "r = in_transaction(db, ledger_begin, w, e);", "r = E_OK;",
           Unit("compensated", "taking_back_can_be_repeated")),
    engine("a tenant that changed since the plan is migrated all the same", "work:run_step",
           "int r = *history || down ? check_fits(db, step, down, e) : E_OK;", "int r = E_OK;",
           Unit("vote", "a_tenant_that_has_the_step_already_is_refused")),
]

MACHINE = [
    core("the group goes on while votes are under way", "member:members_feed",
         "!share && !g->under_way && !g->waiting", "!share && !g->waiting",
         Sim("a lost answer is never taken for yes")),
    core("the group goes on while members wait for a lock", "member:members_feed",
         "!g->under_way && !g->waiting", "!g->under_way", Sim("a lost answer is never taken for yes")),
    core("a lost vote is taken for yes", "member:member_voted",
         "if (event->outcome == E_OK)", "if (event->outcome == E_OK || event->outcome == E_DOUBT)",
         Unit("run", "a_lost_vote_is_no_yes_and_is_taken_back")),
    core("the answer to an earlier attempt counts", "member:member_voted",
         "m->state != MEMBER_PREPARING || event->attempt != m->tries", "m->state != MEMBER_PREPARING",
         Unit("attempt", "the_answer_to_an_earlier_attempt_changes_nothing")),
    core("a member that refuses does not stop its group", "member:drops_out",
         "return run->policy.scope == RUN_SCOPE_TENANT || g->undoes;", "return true;",
         Unit("run", "a_refused_member_aborts_its_group_and_undoes_the_earlier_ones")),
    core("compensated members do not wait for the others' votes", "member:in_wave",
         "return (m->guarantee == GUARANTEE_COMPENSATED) == g->compensating;", "return true;",
         Unit("run", "compensated_members_vote_last")),
    core("an abort does not wait for votes under way", "group:group_abort",
         "if (g->state == GROUP_PREPARING && g->under_way)", "if (0)",
         Sim("the machine keeps to its tables and to the port")),
    core("sealing that failed decides", "group:sealed",
         "if (g->aborting || is_stopping(run, g))\n", "if (is_stopping(run, g))\n",
         Sim("no group is torn")),
    core("an intent that is not recorded seals", "group:intended",
         "if (run->log_dead || is_stopping(run, g))", "if (is_stopping(run, g))",
         Sim("nothing is done before its record is durable")),
    core("no answer to the decision is taken for no", "group:decided",
         "if (event->outcome == E_REFUSED)", "if (event->outcome != E_OK)",
         Unit("run", "only_a_certain_no_of_the_files_aborts")),
    core("no answer to the decision is taken for yes", "group:decided",
         "if (event->outcome == E_OK)", "if (event->outcome != E_REFUSED)",
         Unit("run", "only_a_certain_no_of_the_files_aborts")),
    core("a deciding record that failed counts as written", "group:recorded",
         "if (g->state == GROUP_DECIDING && run->log_dead)", "if (0)",
         Unit("run", "a_deciding_record_that_may_be_written_is_in_doubt")),
    core("the anchor goes though the decision is nowhere recorded", "settle:group_settled",
         "} else if (run->log_dead) {", "} else if (0) {",
         Unit("run", "a_log_that_dies_after_the_decision_leaves_doubt")),
    core("the super-journal goes though the abort is not recorded", "group:noted",
         "if (run->log_dead)", "if (0)", Sim("nothing is done before its record is durable")),
    core("an end is recorded while a member is not settled", "settle:group_settled",
         "if (!all_settled(g))", "if (0)", Unit("run", "a_member_that_does_not_settle_is_in_doubt")),
    core("who is busy to the end counts as settled", "settle:all_settled", "if (g->not_settled)", "if (0)",
         Unit("attempt", "who_is_busy_to_the_end_is_not_settled_though_every_member_is")),
    core("a run in doubt says that it is done", "run:outcome",
         "if (run->doubt || (run->log_dead && run->decisions))", "if (0)",
         Sim("the run says truly how it ended")),
    core("an undo is stopped as well", "machine:is_stopping",
         "return run->stop && !g->undoes;", "return run->stop;",
         Unit("run", "an_undo_is_not_stopped_and_waits_for_busy_members")),
    core("an undo takes along who refused", "undo:undo_start",
         "if (g->members[i].state == MEMBER_COMMITTED)", "if (slot < g->kept)",
         Sim("undo touches exactly the run's tenants")),
    core("recovery passes a group over", "replay:recover_next",
         "run->current = run->ask_from++;", "run->current = run->ask_from, run->ask_from += 2;",
         Sim("decided groups finish when all heal")),
    core("recovery takes what it cannot know for committed", "replay:conclude",
         "return g->found == FOUND_UNKNOWN ? FOUND_UNKNOWN : FOUND_UNDECIDED;",
         "return g->found == FOUND_UNKNOWN ? FOUND_COMMITTED : FOUND_UNDECIDED;",
         Unit("recovery", "files_that_cannot_be_read_are_doubt")),
    core("recovery takes files that are gone for an abort", "replay:conclude",
         "if (g->found == FOUND_NOTHING && g->logged_deciding && !g->logged_aborted)", "if (0)",
         Unit("recovery", "deciding_logged_no_files_is_in_doubt")),
    core("recovery guesses where log and files contradict each other", "replay:conclude",
         "return g->found == FOUND_UNDECIDED ? FOUND_UNKNOWN : FOUND_COMMITTED;", "return FOUND_COMMITTED;",
         Unit("recovery", "log_and_files_that_contradict_each_other_are_doubt")),
    core("recovery finishes what is not recorded yet", "replay:group_found",
         "if (g->logged_decided)", "if (1)", Sim("nothing is done before its record is durable")),
    core("who refused is forgotten by recovery", "replay:run_replay",
         "g->logged_deciding = true;\n        refuse_members(run, g, record);", "g->logged_deciding = true;",
         Unit("recovery", "who_refused_before_the_decision_is_not_taken_along")),
]

STORE = [
    Mutant("forced records are not made durable", "src/store/log.c", "log_append",
           "state_begin(store, forced, e)", "state_begin(store, false, e)", Power(COMMIT3, "lost|wrong|torn")),
    Mutant("recovery acts on a run log that is not durable", "src/op/execute.c", "execute_recovery",
           "r = store_harden(s->store, e);", "r = E_OK;",
           Command("runs", "recover makes what the run log says durable before it opens a tenant")),
    Mutant("two runs hold one fleet", "src/store/hold.c", "take",
           "int r = lock_set(fd, LOCK_EXCLUSIVE, LOCK_BYTE, 1);", "int r = E_OK;",
           Command("runs", "a second run says who holds the fleet, exit 6")),
    Mutant("a history's down script need not be the run log's", "src/op/undo.c", "check_script",
           "!str_same(row->down_hash, step->inverse->hash)", "0",
           Command("back", "undo is refused when the stored down script is not the run log's")),
    Mutant("a run that lies on top does not stop an undo", "src/op/undo.c", "check_trail",
           "if (t->n && t->later[0])", "if (0)",
           Command("back", "undo is refused when a later run lies on top, which is named")),
    Mutant("the chain does not begin with what lies before", "src/store/chain.c", "chain_hash",
           "add_field(h, before, strlen(before));", "",
           Unit("log", "a_forged_event_breaks_the_chain_at_the_next")),
]

MUTANTS = [*DECISION, *JOURNAL, *SEALING, *LOCKS, *SETTLING, *MACHINE, *STORE]
