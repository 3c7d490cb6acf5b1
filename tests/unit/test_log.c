/* The run log: order, chain, index of runs, what readers may do, what a damaged log says. */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "base/error.h"
#include "store/chain.h"
#include "store/hold.h"
#include "store/log.h"
#include "store/store.h"

#define DIR_NAME "state/.lockstep"
#define DB_NAME  DIR_NAME "/state.db"

static struct store *open_or_die(enum store_mode mode)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct store *store;

    if (store_open(DIR_NAME, mode, &store, &e) != E_OK)
        fail_msg("store_open: %s", e.message);
    return store;
}

static int append_body(struct store *store, const char *run, const char *kind, const char *body,
                       size_t len)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct log_event event = {.run = run, .kind = kind, .body = body, .body_len = len};

    event.at_us = 1790000000000000;
    event.format = LOG_FORMAT;
    if (log_append(store, &event, strcmp(kind, "branch") != 0, &e) != E_OK)
        fail_msg("log_append: %s", e.message);
    return (int)event.seq;
}

static int append(struct store *store, const char *run, const char *kind, const char *body)
{
    return append_body(store, run, kind, body, strlen(body));
}

static void three_runs(struct store *store)
{
    append(store, "20261120T100000-aaaaaa", "plan",
           "{\"command\":\"up\",\"tenants\":3,\"target\":\"004\",\"scripts\":[\"s1\",\"s2\"]}");
    append(store, "20261120T100000-aaaaaa", "branch", "{}");
    append(store, "20261120T100000-aaaaaa", "end", "{\"outcome\":\"done\"}");
    append(store, "20261120T110000-bbbbbb", "plan",
           "{\"command\":\"undo\",\"tenants\":3,\"undoes\":\"20261120T100000-aaaaaa\"}");
    append(store, "20261121T100000-cccccc", "plan", "{\"command\":\"up\"}");
}

static void shell_sql(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(DB_NAME, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

struct seen {
    int n;
    int64_t seqs[8];
    size_t body_len;
    int stop_at;
    char runs[200];
};

static int see_event(void *arg, const struct log_event *event)
{
    struct seen *seen = arg;

    if (seen->n < 8)
        seen->seqs[seen->n] = event->seq;
    seen->n++;
    seen->body_len = event->body_len;
    assert_int_equal(strlen(event->body), event->body_len);
    return seen->n == seen->stop_at ? 77 : 0;
}

static int see_run(void *arg, const struct log_run *run)
{
    struct seen *seen = arg;
    size_t n = strlen(seen->runs);

    seen->n++;
    snprintf(seen->runs + n, sizeof seen->runs - n, "%.1s ", run->run + 16);
    return 0;
}

static void events_come_back_in_order_and_by_run(void **state)
{
    struct store *store = open_or_die(STORE_WRITE);
    struct seen all = {0}, one = {0}, tail = {0}, stopped = {.stop_at = 2};

    (void)state;
    three_runs(store);
    assert_int_equal(log_read(store, NULL, 0, see_event, &all, NULL), 0);
    assert_int_equal(all.n, 5);
    assert_int_equal(log_read(store, "20261120T100000-aaaaaa", 2, see_event, &one, NULL), 0);
    assert_int_equal(one.n, 2);
    assert_int_equal(one.seqs[0], 2);
    assert_int_equal(log_read(store, NULL, 5, see_event, &tail, NULL), 0);
    assert_int_equal(tail.n, 1);
    assert_int_equal(log_read(store, NULL, 0, see_event, &stopped, NULL), 77);
    store_close(store);
}

static void a_reader_sees_lazy_events_of_a_live_run(void **state)
{
    struct store *store = open_or_die(STORE_WRITE);
    struct store *reader;
    struct seen seen = {0};

    (void)state;
    append(store, "r", "plan", "{}");
    append(store, "r", "branch", "{}");
    reader = open_or_die(STORE_READ);
    assert_int_equal(log_read(reader, "r", 0, see_event, &seen, NULL), 0);
    assert_int_equal(seen.n, 2);
    append(store, "r", "branch", "{}");
    assert_int_equal(log_read(reader, "r", 3, see_event, &seen, NULL), 0);
    assert_int_equal(seen.n, 3);
    store_close(reader);
    store_close(store);
}

static void a_body_of_megabytes_is_kept_whole(void **state)
{
    struct store *store = open_or_die(STORE_WRITE);
    const size_t n = 5 * 1024 * 1024;
    char *body = malloc(n + 1);
    struct seen seen = {0};

    (void)state;
    assert_non_null(body);
    memset(body, 'x', n);
    memcpy(body, "{\"t\":\"", 6);
    memcpy(body + n - 2, "\"}", 3);
    append_body(store, "r", "plan", body, n);
    assert_int_equal(log_read(store, NULL, 0, see_event, &seen, NULL), 0);
    assert_int_equal(seen.body_len, n);
    free(body);
    store_close(store);
}

static void two_writers_share_one_chain(void **state)
{
    struct store *a = open_or_die(STORE_WRITE), *b = open_or_die(STORE_WRITE);
    struct log_verdict verdict;

    (void)state;
    assert_int_equal(append(a, "r", "plan", "{}"), 1);
    assert_int_equal(append(b, "q", "plan", "{}"), 2);
    assert_int_equal(append(a, "r", "end", "{}"), 3);
    assert_int_equal(log_verify(b, &verdict, NULL), 0);
    assert_int_equal(verdict.broken_seq, 0);
    assert_int_equal(verdict.events, 3);
    store_close(a);
    store_close(b);
}

static void the_head_moves_with_every_event_and_is_found_again(void **state)
{
    struct store *store = open_or_die(STORE_WRITE);
    char first[HASH_TEXT];

    (void)state;
    assert_int_equal(strspn(log_head(store), "0"), 64);
    append(store, "r", "plan", "{}");
    memcpy(first, log_head(store), sizeof first);
    append(store, "r", "end", "{}");
    assert_string_not_equal(first, log_head(store));
    assert_int_equal(log_has_head(store, first, NULL), E_OK);
    assert_int_equal(log_has_head(store, "00ff", NULL), E_MISSING);
    store_close(store);
    store = open_or_die(STORE_READ);
    assert_int_equal(log_has_head(store, log_head(store), NULL), E_OK);
    store_close(store);
}

/* Each row does what somebody who wants to hide something would do. */
static void the_chain_shows_every_tampering(void **state)
{
    static const struct {
        const char *sql;
        int64_t broken;
    } tamperings[] = {
        {"UPDATE log SET body = '{\"x\":1}' WHERE seq = 2", 2},
        {"UPDATE log SET at = at + 1 WHERE seq = 1", 1},
        {"UPDATE log SET kind = 'end' WHERE seq = 4", 4},
        {"UPDATE log SET run = 'x' WHERE seq = 5", 5},
        {"DELETE FROM log WHERE seq = 3", 3},
        {"DELETE FROM log WHERE seq = 1", 1},
        {"UPDATE log SET seq = -1 WHERE seq = 2; UPDATE log SET seq = 2 WHERE seq = 3;"
         "UPDATE log SET seq = 3 WHERE seq = -1",
         2},
        {"INSERT INTO log SELECT 6, run, at, kind, format, hash, body FROM log WHERE seq = 5", 6},
        {"DELETE FROM log WHERE seq = 5", 0}, /* a cut tail is a whole chain... */
    };

    (void)state;
    for (size_t i = 0; i < sizeof tamperings / sizeof tamperings[0]; i++) {
        struct store *store = open_or_die(STORE_WRITE);
        struct log_verdict verdict;
        char head[HASH_TEXT];

        three_runs(store);
        memcpy(head, log_head(store), sizeof head);
        store_close(store);
        shell_sql(tamperings[i].sql);
        store = open_or_die(STORE_READ);
        assert_int_equal(log_verify(store, &verdict, NULL), 0);
        assert_int_equal(verdict.broken_seq, tamperings[i].broken);
        if (!tamperings[i].broken) /* ...that shows against a head that was noted elsewhere */
            assert_int_equal(log_has_head(store, head, NULL), E_MISSING);
        store_close(store);
        assert_int_equal(unlink(DB_NAME), 0);
    }
}

/* Whoever rewrites an event can give it the hash that fits; but the next one has the old one in its
 * own. */
static void a_forged_event_breaks_the_chain_at_the_next(void **state)
{
    struct store *store = open_or_die(STORE_WRITE);
    struct log_event forged = {.seq = 1, .run = "20261120T100000-aaaaaa", .kind = "plan"};
    char before[HASH_TEXT], sql[400];
    struct log_verdict verdict;

    (void)state;
    three_runs(store);
    forged.body = "{}";
    forged.body_len = 2;
    forged.at_us = 1790000000000000;
    forged.format = LOG_FORMAT;
    chain_start(before);
    assert_int_equal(chain_hash(before, &forged, forged.hash), E_OK);
    snprintf(sql, sizeof sql, "UPDATE log SET body='{}', hash='%s' WHERE seq=1", forged.hash);
    shell_sql(sql);
    assert_int_equal(log_verify(store, &verdict, NULL), 0);
    assert_int_equal(verdict.broken_seq, 2);
    store_close(store);
}

static void the_index_of_runs_follows_plan_and_end(void **state)
{
    struct store *store = open_or_die(STORE_WRITE);
    struct seen all = {0}, open = {0};
    struct log_run run;

    (void)state;
    three_runs(store);
    assert_int_equal(log_runs(store, false, see_run, &all, NULL), 0);
    assert_string_equal(all.runs, "c b a ");
    assert_int_equal(log_runs(store, true, see_run, &open, NULL), 0);
    assert_string_equal(open.runs, "c b ");
    assert_int_equal(log_find_run(store, "20261120T10", &run, NULL), 0);
    assert_string_equal(run.command, "up");
    assert_string_equal(run.outcome, "done");
    assert_string_equal(run.target, "004");
    assert_int_equal(run.tenants, 3);
    assert_int_equal(run.first_seq, 1);
    assert_int_equal(run.last_seq, 3);
    assert_int_equal(run.ended_us, 1790000000000000);
    store_close(store);
}

static void a_run_is_found_by_id_by_prefix_and_as_the_last(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct store *store = open_or_die(STORE_WRITE);
    struct log_run run;

    (void)state;
    assert_int_equal(log_find_run(store, "last", &run, &e), E_MISSING);
    three_runs(store);
    assert_int_equal(log_find_run(store, "last", &run, &e), 0);
    assert_string_equal(run.run, "20261121T100000-cccccc");
    assert_int_equal(log_find_run(store, "20261120T110000-bbbbbb", &run, &e), 0);
    assert_string_equal(run.undoes, "20261120T100000-aaaaaa");
    assert_int_equal(log_find_run(store, "2027", &run, &e), E_MISSING);
    assert_int_equal(log_find_run(store, "", &run, &e), E_MISSING);
    assert_int_equal(log_find_run(store, "20261120", &run, &e), E_INVALID);
    assert_non_null(strstr(e.message, "aaaaaa"));
    assert_non_null(strstr(e.message, "bbbbbb"));
    store_close(store);
}

static void a_down_script_is_known_by_the_hash_in_the_plan(void **state)
{
    struct store *store = open_or_die(STORE_WRITE);

    (void)state;
    three_runs(store);
    assert_int_equal(log_has_script(store, "20261120T100000-aaaaaa", "s2", NULL), E_OK);
    assert_int_equal(log_has_script(store, "20261120T100000-aaaaaa", "s3", NULL), E_MISSING);
    assert_int_equal(log_has_script(store, "20261120T110000-bbbbbb", "s2", NULL), E_MISSING);
    store_close(store);
}

static void a_plan_that_is_not_json_is_not_logged(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct store *store = open_or_die(STORE_WRITE);
    struct log_event event = {.run = "r", .kind = "plan", .body = "{", .body_len = 1, .format = 1};

    (void)state;
    assert_int_equal(log_append(store, &event, true, &e), E_FATAL);
    assert_int_equal(append(store, "r", "plan", "{}"), 1);
    store_close(store);
}

static void requests_reach_the_live_run(void **state)
{
    struct store *run = open_or_die(STORE_WRITE), *other = open_or_die(STORE_WRITE);

    (void)state;
    assert_false(request_aborted(run, "r"));
    assert_int_equal(request_abort(other, "r", NULL), 0);
    assert_int_equal(request_abort(other, "r", NULL), 0);
    assert_true(request_aborted(run, "r"));
    assert_false(request_aborted(run, "q"));
    request_clear(run, "r");
    assert_false(request_aborted(other, "r"));
    store_close(run);
    store_close(other);
}

static void nothing_is_made_by_reading(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct store *store;

    (void)state;
    assert_int_equal(store_open(DIR_NAME, STORE_READ, &store, &e), E_MISSING);
    assert_int_equal(access(DIR_NAME, F_OK), -1);
    store_close(open_or_die(STORE_WRITE));
    assert_int_equal(unlink(DB_NAME "-wal"), 0);
    assert_int_equal(unlink(DB_NAME "-shm"), 0);
    store_close(open_or_die(STORE_READ));
    assert_int_equal(access(DB_NAME "-wal", F_OK), -1);
    assert_int_equal(access(DB_NAME "-shm", F_OK), -1);
}

/* In a child, as somebody who may only read, whoever runs the tests. 0: what was expected. */
static int read_as_nobody(int expected_events)
{
    struct seen seen = {0};
    struct store *store;

    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 1;
    if (store_open(DIR_NAME, STORE_READ, &store, NULL) != E_OK)
        return 2;
    if (log_read(store, NULL, 0, see_event, &seen, NULL) != 0 || seen.n != expected_events)
        return 3;
    store_close(store);
    return 0;
}

static void expect_readable(int events)
{
    int status;
    pid_t child;

    assert_int_equal(chmod(".", 0755) + chmod("state", 0755), 0);
    assert_int_equal(chmod(DIR_NAME, 0555), 0);
    child = fork();
    if (child == 0)
        _exit(read_as_nobody(events));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(chmod(DIR_NAME, 0700), 0);
}

static void a_folder_that_cannot_be_written_can_be_read(void **state)
{
    struct store *store = open_or_die(STORE_WRITE);

    (void)state;
    three_runs(store);
    chmod(DB_NAME, 0444);
    chmod(DB_NAME "-wal", 0444);
    chmod(DB_NAME "-shm", 0444);
    expect_readable(5); /* a live run's events, still in its WAL */
    store_close(store);
    expect_readable(5);
}

/* Killed without closing: what was appended is there, for readers and for the next writer. */
static void a_killed_run_leaves_its_events(void **state)
{
    struct log_verdict verdict;
    struct store *store;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        three_runs(open_or_die(STORE_WRITE));
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
    expect_readable(5);
    store = open_or_die(STORE_WRITE);
    assert_int_equal(append(store, "r", "plan", "{}"), 6);
    assert_int_equal(log_verify(store, &verdict, NULL), 0);
    assert_int_equal(verdict.broken_seq, 0);
    store_close(store);
}

static void a_newer_format_is_named(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct store *store = open_or_die(STORE_WRITE);

    (void)state;
    store_close(store);
    shell_sql("PRAGMA user_version = 9");
    assert_int_equal(store_open(DIR_NAME, STORE_WRITE, &store, &e), E_INVALID);
    assert_non_null(strstr(e.message, "format 9"));
    assert_null(store);
}

static void another_programs_database_is_left_alone(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct store *store;

    (void)state;
    assert_int_equal(mkdir("state", 0700) + mkdir(DIR_NAME, 0700), 0);
    shell_sql("CREATE TABLE theirs(x)");
    assert_int_equal(store_open(DIR_NAME, STORE_WRITE, &store, &e), E_INVALID);
    assert_non_null(strstr(e.message, "not a lockstep run log"));
}

static void spoil(off_t at, const char *bytes)
{
    int fd = open(DB_NAME, O_WRONLY);

    assert_int_equal(pwrite(fd, bytes, strlen(bytes), at), strlen(bytes));
    close(fd);
}

static void a_damaged_log_says_what_to_do(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct store *store = open_or_die(STORE_WRITE);

    (void)state;
    store_close(store);
    spoil(0, "this is no database, whatever it was");
    assert_int_equal(store_open(DIR_NAME, STORE_WRITE, &store, &e), E_FATAL);
    assert_non_null(strstr(e.message, DB_NAME));
    assert_non_null(strstr(e.hint, "lockstep recover"));
}

static void damage_further_inside_is_found_by_who_reads_it(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct store *store = open_or_die(STORE_WRITE);
    struct log_verdict verdict;

    (void)state;
    three_runs(store);
    store_close(store);
    spoil(4096, "\xff\xff\xff\xff\xff\xff");
    store = open_or_die(STORE_READ);
    assert_int_equal(log_verify(store, &verdict, &e), E_FATAL);
    assert_non_null(strstr(e.hint, "lockstep recover"));
    store_close(store);
}

static void the_folder_is_private(void **state)
{
    struct stat st;

    (void)state;
    store_close(open_or_die(STORE_WRITE));
    assert_int_equal(stat(DIR_NAME, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(events_come_back_in_order_and_by_run),
        IN_FOLDER(a_reader_sees_lazy_events_of_a_live_run),
        IN_FOLDER(a_body_of_megabytes_is_kept_whole),
        IN_FOLDER(two_writers_share_one_chain),
        IN_FOLDER(the_head_moves_with_every_event_and_is_found_again),
        IN_FOLDER(the_chain_shows_every_tampering),
        IN_FOLDER(a_forged_event_breaks_the_chain_at_the_next),
        IN_FOLDER(the_index_of_runs_follows_plan_and_end),
        IN_FOLDER(a_run_is_found_by_id_by_prefix_and_as_the_last),
        IN_FOLDER(a_down_script_is_known_by_the_hash_in_the_plan),
        IN_FOLDER(a_plan_that_is_not_json_is_not_logged),
        IN_FOLDER(requests_reach_the_live_run),
        IN_FOLDER(nothing_is_made_by_reading),
        IN_FOLDER(a_folder_that_cannot_be_written_can_be_read),
        IN_FOLDER(a_killed_run_leaves_its_events),
        IN_FOLDER(a_newer_format_is_named),
        IN_FOLDER(another_programs_database_is_left_alone),
        IN_FOLDER(a_damaged_log_says_what_to_do),
        IN_FOLDER(damage_further_inside_is_found_by_who_reads_it),
        IN_FOLDER(the_folder_is_private),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
