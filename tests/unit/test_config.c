#include "config/config.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "test.h"

static void put(const char *path, const char *text)
{
    unlink(path);
    assert_int_equal(file_create(path, 0644, text, strlen(text), NULL), E_OK);
}

static void read_well(const char *path, struct config *config)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    if (config_read(path, config, &e) != E_OK)
        fail_msg("%s:%u: %s; %s", e.file, e.line, e.message, e.hint);
}

/* The text as lockstep.conf is an error in this line that says this. */
static void expect_error(const char *conf, unsigned line, const char *part)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str text = STR_INIT;
    struct config config;

    put("lockstep.conf", conf);
    assert_int_equal(config_read(NULL, &config, &e), E_INVALID);
    error_render(&e, &text);
    if (e.line != line || !strstr(str_text(&text), part) || !e.hint[0])
        fail_msg("expected line %u and \"%s\" in: %s", line, part, str_text(&text));
    assert_string_equal(e.file, "lockstep.conf");
    config_free(&config);
}

static void without_a_file_the_defaults_hold(void **state)
{
    struct config c;

    (void)state;
    read_well(NULL, &c);
    assert_null(c.file);
    assert_int_equal(c.n_sources, 1);
    assert_string_equal(c.sources[0].place, "tenants/*.db");
    assert_int_equal(c.sources[0].kind, SOURCE_GLOB);
    assert_null(c.sources[0].labels[0]);
    assert_string_equal(c.migrations, "migrations");
    assert_string_equal(c.state, ".lockstep");
    assert_null(c.decisions);
    assert_null(c.extensions[0]);
    assert_int_equal(c.jobs, 16);
    assert_int_equal(c.lock_timeout_ms, 5000);
    assert_int_equal(c.statement_timeout_ms, 0);
    assert_int_equal(c.max_hold_ms, 30000);
    assert_int_equal(c.held_bytes, 256 << 20);
    assert_int_equal(c.group_size, 0);
    assert_int_equal(c.durability, DURABILITY_AUTO);
    config_free(&c);
}

static void an_empty_file_is_the_defaults_too(void **state)
{
    struct config c;

    (void)state;
    put("lockstep.conf", "");
    read_well(NULL, &c);
    assert_string_equal(c.file, "lockstep.conf");
    assert_string_equal(c.sources[0].place, "tenants/*.db");
    config_free(&c);
}

static void a_named_file_must_exist(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct config c;

    (void)state;
    assert_int_equal(config_read("gone.conf", &c, &e), E_INVALID);
    assert_string_equal(e.file, "gone.conf");
    assert_int_equal(mkdir("lockstep.conf", 0755), 0);
    assert_int_equal(config_read(NULL, &c, &e), E_INVALID);
}

static void every_option_is_read(void **state)
{
    struct config c;

    (void)state;
    put("lockstep.conf", "tenants = {\"a/*.db\", 'b/*.db'}\nmigrations = sql\nstate = \"s\"\n"
                         "decisions = \"/d\" # a comment\njobs = 4\nlock_timeout = \"250ms\"\n"
                         "statement_timeout = 2m\nmax_hold = \"1h\"\nheld_pages = \"64kB\"\n"
                         "group_size = 100\ndurability = fsync\n"
                         "extensions = {\"./x.so\", \"y\", \"/z.so\"}\n");
    read_well(NULL, &c);
    assert_int_equal(c.n_sources, 2);
    assert_string_equal(c.sources[1].place, "b/*.db");
    assert_string_equal(c.sources[1].title, "tenants");
    assert_int_equal(c.sources[1].line, 1);
    assert_string_equal(c.migrations, "sql");
    assert_string_equal(c.state, "s");
    assert_string_equal(c.decisions, "/d");
    assert_int_equal(c.jobs, 4);
    assert_int_equal(c.lock_timeout_ms, 250);
    assert_int_equal(c.statement_timeout_ms, 120000);
    assert_int_equal(c.max_hold_ms, 3600000);
    assert_int_equal(c.held_bytes, 64000);
    assert_int_equal(c.group_size, 100);
    assert_int_equal(c.durability, DURABILITY_FSYNC);
    assert_string_equal(c.extensions[0], "./x.so");
    assert_string_equal(c.extensions[1], "y");
    assert_string_equal(c.extensions[2], "/z.so");
    assert_null(c.extensions[3]);
    config_free(&c);
}

static void sections_are_sources_in_order(void **state)
{
    struct config c;

    (void)state;
    put("lockstep.conf",
        "source \"eu\" {\n  list = \"eu.csv\"\n  labels = {\"region=eu\", "
        "\"tier=\"}\n}\ntenants = {\"t/*\"}\nsource us {\n  glob = {\"a\",\n\"b\"}\n}\n"
        "source asia {\n  catalog = \"c.db\"\n  query = \"SELECT 1\"\n}\n");
    read_well(NULL, &c);
    assert_int_equal(c.n_sources, 5);
    assert_string_equal(c.sources[0].title, "eu");
    assert_int_equal(c.sources[0].kind, SOURCE_LIST);
    assert_int_equal(c.sources[0].line, 2);
    assert_string_equal(c.sources[0].labels[0], "region=eu");
    assert_string_equal(c.sources[0].labels[1], "tier=");
    assert_null(c.sources[0].labels[2]);
    assert_string_equal(c.sources[1].title, "tenants");
    assert_string_equal(c.sources[2].place, "a");
    assert_string_equal(c.sources[3].place, "b");
    assert_string_equal(c.sources[3].title, "us");
    assert_int_equal(c.sources[4].kind, SOURCE_CATALOG);
    assert_string_equal(c.sources[4].place, "c.db");
    assert_string_equal(c.sources[4].query, "SELECT 1");
    assert_null(c.sources[4].labels[0]);
    config_free(&c);
}

static void paths_are_relative_to_the_file(void **state)
{
    struct config c;

    (void)state;
    assert_int_equal(mkdir("[x]", 0755), 0);
    put("[x]/a.conf", "tenants = {\"t/*.db\", \"/abs/*\"}\nextensions = {\"./x.so\", \"y\"}\n"
                      "source l { list = \"l.csv\" }");
    read_well("[x]/a.conf", &c);
    assert_string_equal(c.sources[0].place, "\\[x]/t/*.db");
    assert_string_equal(c.sources[1].place, "/abs/*");
    assert_string_equal(c.sources[2].place, "[x]/l.csv");
    assert_string_equal(c.migrations, "[x]/migrations");
    assert_string_equal(c.state, "[x]/.lockstep");
    assert_string_equal(c.extensions[0], "[x]/./x.so");
    assert_string_equal(c.extensions[1], "y");
    config_free(&c);
}

static void wrong_values_name_their_line(void **state)
{
    (void)state;
    expect_error("\njobs = 0", 2, "it goes from 1 to 1024");
    expect_error("jobs = 5000", 1, "jobs cannot be");
    expect_error("jobs = many", 1, "whole number");
    expect_error("jobs = 4x", 1, "whole number");
    expect_error("jobs = -1", 1, "whole number");
    expect_error("\n\nlock_timeout = 5", 3, "give a time");
    expect_error("max_hold = 0s", 1, "it goes from");
    expect_error("max_hold = 48h", 1, "it goes from");
    expect_error("held_pages = \"64 parsecs\"", 1, "a size such as");
    expect_error("held_pages = 1B", 1, "it goes from");
    expect_error("held_pages = 99999999999999999", 1, "held_pages cannot be");
    expect_error("group_size = 4294967296", 1, "it goes from");
    expect_error("durability = never", 1, "one of auto");
    expect_error("migrations = \"\"", 1, "give a folder");
    expect_error("tenants = {\"a\",\n\"\"}", 2, "empty name");
}

static void unknown_options_suggest_the_nearest(void **state)
{
    (void)state;
    expect_error("\nlock-timeout = 5s", 2, "did you mean \"lock_timeout\"?");
    expect_error("tenant = {\"x\"}", 1, "did you mean \"tenants\"?");
    expect_error("source x {\n lst = \"x\"\n}", 2, "did you mean \"list\"?");
    expect_error("completely_else = 3", 1, "lockstep init");
}

static void broken_files_name_their_line(void **state)
{
    (void)state;
    expect_error("jobs = 3\n\"", 2, "");
    expect_error("jobs 3", 1, "");
    expect_error("tenants = {\"a\"", 1, "");
    expect_error("\nsource \"a\" {\nglob = {a}\n", 2, "never closed");
    expect_error("tenants = {tenants/*.db}", 1, "in quotes");
    expect_error("}", 1, "");
    expect_error("source {\n}", 1, "");
}

static void nothing_is_given_twice(void **state)
{
    (void)state;
    expect_error("jobs = 3\njobs = 4", 2, "twice");
    expect_error("jobs = 3\nsource a { glob = {\"x\"} }\njobs = 4", 3, "twice");
    expect_error("tenants = {\"a\"}\ntenants = {\"b\"}", 2, "twice");
    expect_error("source a {\nlist = a\nlist = b\n}", 3, "twice");
    expect_error("source a { list = a }\nsource a { list = b }", 2, "");
}

static void a_source_is_one_thing(void **state)
{
    (void)state;
    expect_error("source a {\n}\n", 2, "exactly one");
    expect_error("source a {\nlist = a\nglob = {b}\n}\n", 4, "exactly one");
    expect_error("source a { catalog = a }", 1, "belong together");
    expect_error("source a { list = a query = b }", 1, "belong together");
    expect_error("source a { list = \"\" }", 1, "empty value");
    expect_error("source a { list = a\nlabels = {\"eu\"} }", 2, "key=value");
    expect_error("source a { list = a labels = {\"=eu\"} }", 1, "key=value");
    expect_error("source a { list = a labels = {\"id=eu\"} }", 1, "key=value");
}

static void the_command_line_replaces_sources(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct config c;

    (void)state;
    put("lockstep.conf", "source a { list = a }\nsource b { list = b }");
    read_well(NULL, &c);
    assert_int_equal(config_override(&c, NULL, NULL, &e), E_OK);
    assert_int_equal(c.n_sources, 2);
    assert_int_equal(config_override(&c, "x/*", "y", &e), E_OK);
    assert_int_equal(c.n_sources, 1);
    assert_string_equal(c.sources[0].place, "x/*");
    assert_null(c.sources[0].labels[0]);
    assert_string_equal(c.migrations, "y");
    assert_int_equal(config_override(&c, "", NULL, &e), E_INVALID);
    config_free(&c);
}

/* The template switched on is the defaults, but for its samples. */
static void the_template_says_the_defaults(void **state)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_STR struct str on = STR_INIT;
    const char *text = config_template(&arena);
    struct config c, d;

    (void)state;
    read_well(NULL, &d);
    for (const char *at = text; *at && !strstr("#source \"eu\"", at); at++)
        if (!(at[0] == '#' && (at[1] != ' ' || at[2] == ' ') && (at == text || at[-1] == '\n')))
            str_addc(&on, *at);
    put("lockstep.conf", text);
    read_well(NULL, &c);
    assert_int_equal(c.n_sources, 1);
    config_free(&c);
    put("lockstep.conf", str_text(&on));
    read_well(NULL, &c);
    assert_int_equal(c.n_sources, 8);
    assert_int_equal(c.n_servers, 2);
    assert_false(c.sources[4].shared);
    assert_string_equal(c.sources[5].rows.setting, "app.customer_id");
    assert_true(c.sources[6].shared);
    assert_int_equal(c.sources[4].kind, SOURCE_PLACES);
    assert_string_equal(c.sources[0].place, d.sources[0].place);
    assert_string_equal(c.migrations, d.migrations);
    assert_string_equal(c.state, d.state);
    assert_null(c.decisions);
    assert_int_equal(c.jobs, d.jobs);
    assert_int_equal(c.max_hold_ms, d.max_hold_ms);
    assert_int_equal(c.held_bytes, d.held_bytes);
    config_free(&c);
    config_free(&d);
}

static void a_server_and_what_is_on_it(void **state)
{
    struct config c;

    (void)state;
    put("lockstep.conf",
        "server eu { url = \"postgres://a:secret@h/db\" password_file = \"p\" max_parallel = 3 }\n"
        "source d { server = eu databases = {\"t_*\", \"u\"} labels = {\"x=y\"} }\n"
        "source s { server = eu database = app schemas = {\"*\"} }\n");
    read_well(NULL, &c);
    assert_int_equal(c.n_servers, 1);
    assert_string_equal(c.servers[0].name, "eu");
    assert_string_equal(c.servers[0].password_file, "p");
    assert_int_equal(c.servers[0].max_parallel, 3);
    assert_int_equal(c.sources[0].kind, SOURCE_DATABASES);
    assert_string_equal(c.sources[0].place, "eu");
    assert_string_equal(c.sources[0].patterns[1], "u");
    assert_null(c.sources[0].patterns[2]);
    assert_int_equal(c.sources[1].kind, SOURCE_SCHEMAS);
    assert_string_equal(c.sources[1].database, "app");
    config_free(&c);
    put("lockstep.conf",
        "server my { url = \"mysql://h/\" defaults_file = \"a.cnf\" online_ddl = off }");
    read_well(NULL, &c);
    assert_string_equal(c.servers[0].defaults_file, "a.cnf");
    assert_true(c.servers[0].as_written);
    config_free(&c);
}

static void servers_and_their_sources_must_fit(void **state)
{
    (void)state;
    expect_error("server a { }", 1, "needs a url");
    expect_error("server a { url = \"http://x/\" }", 1, "begins with postgres://");
    expect_error("server a { url = \"postgres://x/\"\nmax_parallel = -1\n}", 3, "whole numbers");
    expect_error("server a { url = \"postgres://x/\" password_file = a password_env = b }", 1,
                 "not from both");
    expect_error("server a { url = \"postgres://x/\" defaults_file = a }", 1, "for MySQL servers");
    expect_error("server a { url = \"mysql://x/\" online_ddl = on }", 1,
                 "online_ddl is auto or off");
    expect_error("server a { urk = x }", 1, "did you mean \"url\"?");
    expect_error("\nsource d { server = eu databases = {\"t\"} }", 2, "no server of this name");
    expect_error("source d { databases = {\"t\"} }", 1, "on which server");
    expect_error("server eu { url = \"postgres://x/\" }\nsource d { server = eu }", 2,
                 "one of databases, schemas and query");
    expect_error("server eu { url = \"postgres://x/\" }\n"
                 "source d { server = eu databases = {\"a\"} schemas = {\"b\"} }",
                 2, "exactly one");
    expect_error("server eu { url = \"postgres://x/\" }\nserver eu { url = \"postgres://y/\" }", 2,
                 "");
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

#define TOOL                                                                                       \
    "exec \"t\" {\n up = {'m', 'up', '${target}'}\n current = {'m'}\n revisions = {'m', 'all'}\n"

static void an_external_migrator_is_read_with_its_defaults(void **state)
{
    struct config c;
    const struct exec_block *b;

    (void)state;
    put("lockstep.conf", TOOL "}\nsource \"s\" { exec = \"t\" list = \"s.csv\" }\n");
    read_well(NULL, &c);
    assert_int_equal(c.n_execs, 1);
    b = &c.execs[0];
    assert_string_equal(b->up[2], "${target}");
    assert_null(b->up[3]);
    assert_null(b->down[0]);
    assert_string_equal(b->base, "base");
    assert_string_equal(b->directory, ".");
    assert_int_equal(b->timeout_ms, 600000);
    assert_int_equal(b->max_parallel, 4);
    assert_string_equal(c.sources[0].exec, "t");
    config_free(&c);
}

static void globs_of_the_command_line_stay_with_the_migrator(void **state)
{
    struct config c;

    (void)state;
    put("lockstep.conf", TOOL "}\nsource \"s\" { exec = \"t\" list = \"s.csv\" }\n");
    read_well(NULL, &c);
    assert_int_equal(config_override(&c, "x/*.db", NULL, NULL), E_OK);
    assert_string_equal(c.sources[0].place, "x/*.db");
    assert_string_equal(c.sources[0].exec, "t");
    config_free(&c);
}

static void what_is_wrong_with_an_external_migrator_is_said(void **state)
{
    (void)state;
    expect_error("exec \"t\" { up = {'m'} }", 1, "needs up, current and revisions");
    expect_error(TOOL " environment = {'X'}\n}", 6, "'NAME=value'");
    expect_error(TOOL " timeout = \"0s\"\n}", 6, "timeout is a time");
    expect_error(TOOL " max_parallel = 0\n}", 6, "max_parallel is a whole number");
    expect_error(TOOL " current_pattern = '('\n}", 6, "no extended regular expression");
    expect_error(TOOL " current_pattern = 'x'\n}", 6, "wrong number of groups");
    expect_error(TOOL " revision_pattern = '(a)(b)(c)'\n}", 6, "wrong number of groups");
    expect_error("source \"s\" { exec = \"t\" list = \"s.csv\" }", 1,
                 "no external migrator of this name");
    expect_error(TOOL "}\nsource \"s\" { exec = \"t\" list = \"s.csv\" shared = true }", 6,
                 "leave shared and rows out");
}

static void templates_do_not_stand_in_double_quotes(void **state)
{
    struct config c;

    (void)state;
    expect_error("exec \"t\" {\n up = {'m', \"${target}\"}\n}", 2, "put it in single quotes");
    expect_error("exec \"t\" {\n up = {m, ${target}}\n}", 2, "put it in single quotes");
    put("lockstep.conf",
        "# exec \"${x}\"\nserver \"executive\" { url = \"postgres://${HOME}\" }\n");
    read_well(NULL, &c);
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(without_a_file_the_defaults_hold),
        IN_FOLDER(an_empty_file_is_the_defaults_too),
        IN_FOLDER(a_named_file_must_exist),
        IN_FOLDER(every_option_is_read),
        IN_FOLDER(sections_are_sources_in_order),
        IN_FOLDER(paths_are_relative_to_the_file),
        IN_FOLDER(wrong_values_name_their_line),
        IN_FOLDER(unknown_options_suggest_the_nearest),
        IN_FOLDER(broken_files_name_their_line),
        IN_FOLDER(nothing_is_given_twice),
        IN_FOLDER(a_source_is_one_thing),
        IN_FOLDER(a_server_and_what_is_on_it),
        IN_FOLDER(servers_and_their_sources_must_fit),
        IN_FOLDER(the_command_line_replaces_sources),
        IN_FOLDER(an_external_migrator_is_read_with_its_defaults),
        IN_FOLDER(globs_of_the_command_line_stay_with_the_migrator),
        IN_FOLDER(what_is_wrong_with_an_external_migrator_is_said),
        IN_FOLDER(templates_do_not_stand_in_double_quotes),
        IN_FOLDER(the_template_says_the_defaults),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
