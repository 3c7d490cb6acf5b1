"""Planted bugs of the participants on servers (table.py says what a row is): caught beside real servers, which are
those of tests/servers.
"""

from catchers import Command, Server, Wire
from mutant import Mutant

OUTSIDE = "a_later_process_takes_back_what_was_not_decided"
SHUT_OUT = "another_process_takes_back_and_shuts_the_first_one_out"
ENDED = "a_vote_that_somebody_else_ended_is_told_by_its_tenants"
UNSAFE = "rows of a table without transactions are refused before they change: up, a schema's, rehearse"


def postgres(bug, place, right, wrong, catcher):
    file, function = place.split(":")
    return Mutant(f"PostgreSQL: {bug}", f"src/engine/postgres/{file}.c", function, right, wrong, catcher)


def mysql(bug, place, right, wrong, catcher):
    file, function = place.split(":")
    return Mutant(f"MySQL: {bug}", f"src/engine/mysql/{file}.c", function, right, wrong, catcher)


POSTGRES = [
    postgres("who asks for a history does not look for a fence", "steps:ask",
             "r = pg_history_fenced(&x->h, x->w->run, x->w->group, e);", "r = E_OK;",
             Server("postgres", SHUT_OUT)),
    postgres("two history rows may have one number", "history_write:add_create",
             "(seq bigint PRIMARY KEY,", "(seq bigint,",
             Command("session", "of two runs from two state folders the second sees the first: no step runs twice",
                     "servers")),
    postgres("a history whose table was replaced passes for the one that was seen", "history_write:add_number",
             "if (!h->node)", "if (1)",
             Command("session", "a tenant restored from a copy between look and vote is refused, and no tenant keeps"
                     " the migration", "servers")),
    postgres("who doubts a history believes its comment", "history:pg_history_same",
             "return same && last == h->last ?", "return same ?",
             Command("session", "a history that was emptied between look and vote is refused, though its comment is the"
                     " same", "servers")),
    postgres("who fails takes back all of its transaction", "lane:take_back",
             'b->votes ? "ROLLBACK TO lockstep" : "ROLLBACK"', '"ROLLBACK"',
             Command("session", "a tenant whose message the server cannot even read is taken back alone: votes before"
                     " it stay", "servers")),
    postgres("of a message the first statement is blamed", "steps:blame",
             "point_at(x, m->from + (at - m->script), e);", "point_at(x, m->from, e);",
             Command("session", "of the statements in one message the one that failed is named, with its line",
                     "servers")),
    postgres("an abort in a later process puts up no fence", "settle:fence",
             "r = pg_history_fence(&h, w->run, w->group, e);", "r = E_OK;", Server("postgres", SHUT_OUT)),
    postgres("recovery does not end the sessions of the run", "settle:send_away",
             "if (atomic_load(&g->link->cleared))", "if (1)",
             Server("postgres_outside", "recovery_ends_a_session_that_is_still_at_work")),
    postgres("recovery does not finish what its group left prepared", "settle:end_listed",
             "return r == E_OK ? end_all(g, verdict, rows, e) : E_BUSY;", "return r == E_OK ? E_OK : E_BUSY;",
             Server("postgres", "another_process_commits_what_was_decided")),
    postgres("recovery finishes what is prepared under other names too", "settle:end_listed",
             'snprintf(prefix, sizeof prefix, "lockstep_%.32s_%u_", g->run->key, g->id);',
             'snprintf(prefix, sizeof prefix, "lockstep_");',
             Server("postgres", "strays_of_ours_are_found_and_those_of_others_left")),
    postgres("recovery runs again who has the group's row", "settle:commit_if_missing",
             "return done ? E_OK : run_again(pg, key, w, e);", "return run_again(pg, key, w, e);",
             Server("postgres", "another_process_commits_what_was_decided")),
    postgres("a commit of what the server does not know counts as done", "settle:end_bundle",
             "(r == E_REFUSED && is_unknown(e) && verdict == VERDICT_ABORT)", "(r == E_REFUSED && is_unknown(e))",
             Server("postgres", ENDED)),
    postgres("an INVALID index is not dropped", "compensated:drop_invalid",
             "i < PQntuples(rows) && r == E_OK", "false",
             Server("postgres_outside", "who_fails_leaves_no_invalid_index")),
    postgres("INVALID copies of a REINDEX are not dropped", "compensated:drop_all_invalid",
             "if (left == SQL_LEAVES_INDEX || left == SQL_LEAVES_COPIES)", "if (left == SQL_LEAVES_INDEX)",
             Command("session", "a REINDEX CONCURRENTLY that fails leaves no INVALID copy", "servers")),
    postgres("a session is not cleaned behind a script that may leave something", "work:pg_work_is_traceless",
             "return false;", "continue;",
             Command("session", "prepared statements, cursors, roles and settings of one tenant are not the next one's",
                     "servers")),
    postgres("timeouts that are set are taken for those of the next step", "work:add_local",
             "is->lock_ms == lock_ms && ", "",
             Command("session", "timeouts of one step are not those of the next, nor of the next tenant", "servers")),
    postgres("no ledger goes before what runs outside a transaction", "compensated:announce",
             "return r == E_OK ? ledger_begin(&v->h, &v->w, e) : r;", "return r;", Server("postgres_outside", OUTSIDE)),
    postgres("a statement whose answer was lost counts as one that failed", "compensated:run_forward",
             "r != E_OK && !v->pg->lost && is_untouched", "r != E_OK && is_untouched",
             Wire("wiretest", "outside", "an index whose answer is lost is taken back when its run is")),
    postgres("a script that ends its transaction goes on behind it", "steps:send",
             "else if (PQtransactionStatus(x->pg->conn) != PQTRANS_INTRANS)", "else if (0)",
             Server("postgres", "a_script_that_leaves_its_transaction_is_refused_and_leaves_nothing")),
    postgres("values are put into strings though a script changed how these are read", "work:pg_work_is_standard",
             'return has_setting(pg, "standard_conforming_strings", "on") &&', "return 1 ||",
             Command("session", "a migration that turns that off gets no values after it", "servers")),
    postgres("a row tenant's statements run as lockstep's role", "rows:begin_one",
             'str_add(&b.sql, "SET LOCAL ROLE ");\n    pg_add_name(&b.sql, x->pg, x->who->role);\n'
             '    pg_batch_end(&b);', '',
             Command("rows", "a step that forgets its WHERE touches the rows of its tenant only", "servers")),
    postgres("what batches committed is taken back from whom the query gives", "rows:ask",
             'bool has = x->w->back || str_same(x->direction, "down");', "bool has = false;",
             Command("rows", "whoever was given the step has it taken back, though the query does not give it any more",
                     "servers")),
    postgres("rows are changed as a role that row security does not hold for", "rows_guard:check_role",
             "if (says(rows, 0)) {", "if (0) {",
             Command("rows", "a role that row security does not hold for is refused", "servers")),
    postgres("rows of a table without row security are changed", "rows_guard:check_table",
             "if (!says(rows, 1))", "if (0)",
             Command("rows", "a table without row security is refused, also within WITH", "servers")),
]

MYSQL = [
    mysql("a vote does not look for a fence", "prepared:run_acts",
          "return r == E_OK ? my_history_fenced(&s->h, s->w->run, s->w->group, e) : r;", "return r;",
          Server("mysql_rows", SHUT_OUT)),
    mysql("a ledger's row is written where a fence is", "ledger:my_ledger_add_begin",
          "my_history_add_unfenced(sql, h, run, group);", 'str_add(sql, "true");', Server("mysql", SHUT_OUT)),
    mysql("an abort in a later process puts up no fence where nothing was begun", "compensated:back",
          "return v->g->recovered ? my_back_fence(v, e) : E_OK;", "return E_OK;", Server("mysql", SHUT_OUT)),
    mysql("an abort of rows in a later process puts up no fence", "prepared:my_prepared_witness",
          "r = fence(&s, e);", "r = E_OK;", Server("mysql_rows", SHUT_OUT)),
    mysql("rows of a table without transactions are changed", "work:my_session_run_data",
          "r = my_engines_check(s->my, statement, e);", "r = E_OK;",
          Command("mariadb", UNSAFE, "servers")),
    mysql("a tenant whose ledger tells of another state folder's run is used", "survey:take_answer",
          "if (!row[2])", "if (1)",
          Command("mariadb", "a tenant that another state folder left half done is not used", "servers")),
    mysql("a session is not reset behind a script that may leave something", "session:is_traceless",
          "return false;", "continue;",
          Command("mariadb", "a session is cleaned behind a tenant whose migration may leave something, and not behind "
                             "another", "servers")),
    mysql("what was supposed of a survey counts though a question failed", "survey:all_have_tables",
          "if (!atomic_load(&v->misled))", "if (1)",
          Command("mariadb", "tables are listed for those tenants alone that may lack lockstep's", "servers")),
    mysql("the ledger does not move with what is done", "forward:pass_on",
          "my_visit_add_move(&text, v);", "", Server("mysql", "another_process_keeps_what_was_decided")),
    mysql("a statement that was cut off counts as not done, whatever a look shows", "visit:my_visit_took_effect",
          "strcmp(now, v->ledger.fingerprint) != 0 ||", "0 ||",
          Server("mysql", "what_a_dead_process_left_at_work_is_taken_back")),
    mysql("what somebody changed since the announcement counts as ours", "forward:take_over",
          "if (r != E_OK || strcmp(had, v->ledger.fingerprint) == 0)", "if (1)",
          Server("mysql", "what_somebody_did_since_it_was_announced_is_not_taken_back")),
    mysql("a commit of what the server does not know counts as done", "prepared:my_prepared_end",
          "verdict == VERDICT_COMMIT ? MY_VOTE_UNKNOWN : MY_VOTE_OVER", "MY_VOTE_OVER", Server("mysql_rows", ENDED)),
    mysql("recovery ends prepared transactions of others too", "prepared:end_one",
          "if (strcmp(xa->gtrid, l->prefix) != 0)", "if (0)",
          Server("mysql_rows", "strays_of_ours_are_found_and_those_of_others_left")),
]

PARTICIPANTS = [*POSTGRES, *MYSQL]
