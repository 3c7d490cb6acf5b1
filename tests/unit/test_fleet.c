#include "fleet/fleet.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "config/config.h"
#include "db/sqlite.h"
#include "test.h"

static void put(const char *path, const char *text)
{
    unlink(path);
    assert_int_equal(file_create(path, 0644, text, strlen(text), NULL), E_OK);
}

/* Makes files, and the folders they need. */
static void touch(const char *const *paths)
{
    for (; *paths; paths++) {
        CLEANUP_STR struct str dir = STR_INIT;

        path_dir(&dir, *paths);
        assert_int_equal(dir_make(str_text(&dir), 0755, NULL), E_OK);
        put(*paths, "");
    }
}

#define TOUCH(...) touch((const char *const[]){__VA_ARGS__, NULL})

static int resolve(const struct tenant_source *sources, size_t n, struct fleet *fleet,
                   struct error *e)
{
    struct config config = {.sources = (struct tenant_source *)sources, .n_sources = n};

    return fleet_resolve(&config, fleet, e);
}

/* "id=path[key:value,..]/beside id=path.." */
static void render(const struct fleet *fleet, struct str *out)
{
    for (size_t i = 0; i < fleet->n; i++) {
        const struct tenant *t = &fleet->tenants[i];

        str_addf(out, "%s%s=%s", i ? " " : "", t->id, t->path);
        for (size_t j = 0; j < t->n_labels; j++)
            str_addf(out, "%s%s:%s", j ? "," : "[", t->labels[j].key, t->labels[j].value);
        str_add(out, t->n_labels ? "]" : "");
        if (t->beside != BESIDE_UNKNOWN)
            str_addf(out, "/%u", t->beside);
    }
}

static void expect_sources(const struct tenant_source *sources, size_t n, const char *tenants)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str text = STR_INIT;
    struct fleet fleet;

    if (resolve(sources, n, &fleet, &e) != E_OK)
        fail_msg("%s:%u: %s; %s", e.file ? e.file : "", e.line, e.message, e.hint);
    render(&fleet, &text);
    assert_string_equal(str_text(&text), tenants);
    fleet_free(&fleet);
}

static void expect_refused(const struct tenant_source *sources, size_t n, const char *file,
                           unsigned line, const char *part)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str text = STR_INIT;
    struct fleet fleet;

    assert_int_equal(resolve(sources, n, &fleet, &e), E_INVALID);
    assert_int_equal(e.code, E_INVALID);
    error_render(&e, &text);
    if (!strstr(str_text(&text), part) || !str_same(e.file, file) || e.line != line || !e.hint[0])
        fail_msg("expected %s:%u and \"%s\" in: %s", file ? file : "", line, part, str_text(&text));
    fleet_free(&fleet);
}

static struct tenant_source glob(const char *pattern)
{
    return (struct tenant_source){.title = "t", .kind = SOURCE_GLOB, .place = pattern};
}

static void expect_glob(const char *pattern, const char *tenants)
{
    struct tenant_source source = glob(pattern);

    expect_sources(&source, 1, tenants);
}

static void expect_list(const char *file, const char *text, const char *tenants)
{
    struct tenant_source source = {.title = "t", .kind = SOURCE_LIST, .place = file};

    put(file, text);
    expect_sources(&source, 1, tenants);
}

static void refuse_list(const char *file, const char *text, unsigned line, const char *part)
{
    struct tenant_source source = {.title = "t", .kind = SOURCE_LIST, .place = file};

    put(file, text);
    expect_refused(&source, 1, file, line, part);
}

static void a_glob_lists_one_folder(void **state)
{
    (void)state;
    TOUCH("t/b.db", "t/a.db", "t/a-b.db", "t/c.txt", "t/.hidden.db", "u.db");
    expect_glob("t/*.db", "a=t/a.db/0 a-b=t/a-b.db/0 b=t/b.db/0");
    expect_glob("./t//*.db", "a=./t/a.db/0 a-b=./t/a-b.db/0 b=./t/b.db/0");
    expect_glob("*.db", "u=u.db/0");
    expect_glob("t/[ab].db", "a=t/a.db/0 b=t/b.db/0");
    expect_glob("t/?.db", "a=t/a.db/0 b=t/b.db/0");
}

static void a_glob_that_matches_nothing_is_an_empty_fleet(void **state)
{
    (void)state;
    TOUCH("t/a.db");
    expect_glob("t/*.sqlite", "");
    expect_glob("nowhere/*.db", "");
    expect_glob("nowhere/x.db", "");
    expect_glob("t/a.db/*.db", "");
}

static void a_plain_name_is_a_tenant_when_it_is_there(void **state)
{
    (void)state;
    TOUCH("t/a.db");
    assert_int_equal(symlink("gone", "t/dangling.db"), 0);
    expect_glob("t/a.db", "a=t/a.db");
    expect_glob("t/dangling.db", "dangling=t/dangling.db");
}

static void wildcards_may_stand_in_any_component(void **state)
{
    (void)state;
    TOUCH("f/eu/acme/app.db", "f/us/acme/app.db", "f/us/beta.v2/app.db", "f/us/app.db", "f/x.db");
    assert_int_equal(symlink("us", "f/zz"), 0);
    expect_glob("f/*/*/app.db", "eu/acme/app=f/eu/acme/app.db us/acme/app=f/us/acme/app.db "
                                "us/beta.v2/app=f/us/beta.v2/app.db zz/acme/app=f/zz/acme/app.db "
                                "zz/beta.v2/app=f/zz/beta.v2/app.db");
    expect_glob("f/us/*/*.db", "acme/app=f/us/acme/app.db/0 beta.v2/app=f/us/beta.v2/app.db/0");
}

static void a_backslash_takes_a_wildcards_meaning(void **state)
{
    (void)state;
    TOUCH("[x]/a.db", "x/b.db", "t/*.db", "t/c.db");
    expect_glob("\\[x]/*.db", "a=[x]/a.db/0");
    expect_glob("t/\\*.db", "*=t/*.db");
}

static void only_the_last_extension_is_dropped_from_an_id(void **state)
{
    (void)state;
    TOUCH("t/a.v2.db", "t/noext");
    expect_glob("t/*", "a.v2=t/a.v2.db/0 noext=t/noext/0");
}

static void side_files_are_noted_and_never_tenants(void **state)
{
    (void)state;
    TOUCH("t/a.db", "t/a.db-wal", "t/a.db-shm", "t/b.db", "t/b.db-journal", "t/c.db",
          "t/gone.db-wal", "t/lockstep-12-0.super", "t/lockstep-12-0.anchor", "t/d.db-mj0123ABC9F",
          "t/d.db", "t/d.db-wal", "t/d.db-journal");
    expect_glob("t/*", "a=t/a.db/2 b=t/b.db/4 c=t/c.db/0 d=t/d.db/6");
}

static void what_is_no_plain_file_says_nothing_of_its_sides(void **state)
{
    (void)state;
    TOUCH("real.db", "t/x.db/y");
    assert_int_equal(symlink("../real.db", "t/l.db"), 0);
    expect_glob("t/*.db", "l=t/l.db x=t/x.db");
}

static void odd_bytes_in_names_are_fine(void **state)
{
    (void)state;
    TOUCH("t/a b.db", "t/\xff\xfe.db", "t/new\nline.db");
    expect_glob("t/*.db", "a b=t/a b.db/0 new\nline=t/new\nline.db/0 \xff\xfe=t/\xff\xfe.db/0");
}

static void two_extensions_of_one_name_are_told(void **state)
{
    struct tenant_source source = glob("t/*");

    (void)state;
    TOUCH("t/a.db", "t/a.sqlite");
    expect_refused(&source, 1, NULL, 0, "two tenants have the id \"a\": t/a.db");
}

static void one_file_twice_names_both_origins(void **state)
{
    struct tenant_source sources[] = {glob("t/*.db"), glob("t/a*.db")};

    (void)state;
    TOUCH("t/a.db", "t/b.db");
    expect_refused(sources, 2, NULL, 0, "(glob t/*.db) and as \"a\" (glob t/a*.db)");
}

static void one_id_twice_names_both_files(void **state)
{
    struct tenant_source sources[] = {glob("eu/*.db"), glob("us/*.db")};

    (void)state;
    TOUCH("eu/a.db", "us/a.db", "us/b.db");
    expect_refused(sources, 2, NULL, 0, "eu/a.db (glob eu/*.db) and us/a.db (glob us/*.db)");
    sources[0].place = "*/*.db";
    expect_sources(sources, 1, "eu/a=eu/a.db/0 us/a=us/a.db/0 us/b=us/b.db/0");
}

static void sources_keep_their_order_and_give_their_labels(void **state)
{
    const char *eu[] = {"tier=free", "region=eu", NULL}, *us[] = {"region=us", NULL};
    struct tenant_source sources[] = {glob("z/*.db"), glob("a/*.db"), glob("m/*.db")};

    (void)state;
    TOUCH("a/1.db", "m/2.db", "z/3.db", "z/4.db");
    sources[0].labels = eu;
    sources[1].labels = us;
    expect_sources(sources, 3,
                   "3=z/3.db[region:eu,tier:free]/0 4=z/4.db[region:eu,tier:free]/0 "
                   "1=a/1.db[region:us]/0 2=m/2.db/0");
}

static void a_glob_of_a_folder_is_refused(void **state)
{
    struct tenant_source source = glob("t/");

    (void)state;
    expect_refused(&source, 1, NULL, 0, "names a folder");
}

static void a_folder_that_cannot_be_listed_is_told(void **state)
{
    struct tenant_source source = glob("t/*/x.db");
    bool root = geteuid() == 0;

    (void)state;
    TOUCH("t/a/x.db");
    assert_int_equal(chmod("t", 0), 0);
    assert_int_equal(chmod(".", 0755), 0);
    if (root) /* root lists everything: an ordinary user asks */
        assert_int_equal(seteuid(65534), 0);
    expect_refused(&source, 1, NULL, 0, "cannot list the folder t/");
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod("t", 0755), 0);
}

static void csv_lists_are_read(void **state)
{
    (void)state;
    expect_list("l.csv", "id,path\nb,t/b.db\na,/abs/a.db\n", "a=/abs/a.db b=t/b.db");
    expect_list("l.csv",
                "\xef\xbb\xbfregion,path,id,tier\r\neu,\"t/x,y.db\",x,\r\n\r\n,t/z.db,z,free",
                "x=t/x,y.db[region:eu,tier:] z=t/z.db[region:,tier:free]");
    expect_list("l.csv", "id,\"path\",note\na,a.db,\"say \"\"hi\"\"\nthere\"\nb,b.db,\"\"\n",
                "a=a.db[note:say \"hi\"\nthere] b=b.db[note:]");
    expect_list("l.csv", "id,path\n", "");
    expect_list("l.csv", "id,path\n\xff,\xfe.db\n", "\xff=\xfe.db");
}

static void paths_in_a_list_are_relative_to_it(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    expect_list("d/l.csv", "id,path\na,a.db\nb,../b.db\nc,/c.db\n", "a=d/a.db b=d/../b.db c=/c.db");
    expect_list("d/l.json", "[{\"id\":\"a\",\"path\":\"a.db\"}]", "a=d/a.db");
}

static void wrong_csv_names_its_line(void **state)
{
    (void)state;
    refuse_list("l.csv", "", 1, "no column is named id");
    refuse_list("l.csv", "id,Path\n", 1, "no column is named path");
    refuse_list("l.csv", "id,path,id\n", 1, "two columns named id");
    refuse_list("l.csv", "id,path,\n", 1, "without a name");
    refuse_list("l.csv", "id,path\na,b\n\nc\n", 4, "1 fields where the header has 2");
    refuse_list("l.csv", "id,path\na,b,c\n", 2, "3 fields where");
    refuse_list("l.csv", "id,path\n,b\n", 2, "without id");
    refuse_list("l.csv", "id,path\nb,\n", 2, "without path");
    refuse_list("l.csv", "id,path\na\"b,c\n", 2, "a quote inside a field");
    refuse_list("l.csv", "id,path\n\"a\"b,c\n", 2, "behind the closing quote");
    refuse_list("l.csv", "id,path\na,\"b\nc\n", 2, "never ends");
    refuse_list("l.csv", "id,path\n\"a\nb\",c\nd,e-wal\n", 4, "beside a database");
}

static void a_nul_byte_in_csv_is_refused(void **state)
{
    struct tenant_source source = {.title = "t", .kind = SOURCE_LIST, .place = "l.csv"};

    (void)state;
    assert_int_equal(file_create("l.csv", 0644, "id,path\na\0,b\n", 13, NULL), E_OK);
    expect_refused(&source, 1, "l.csv", 2, "NUL");
}

static void json_lists_are_read(void **state)
{
    (void)state;
    expect_list(
        "l.json",
        "[{\"id\": \"b\", \"path\": \"b.db\", \"labels\": {\"tier\": \"free\", \"beta\": true,"
        " \"age\": 3}},\n {\"path\": \"a.db\", \"id\": 17}]",
        "17=a.db b=b.db[age:3,beta:true,tier:free]");
    expect_list("list", " \n[]", "");
}

static void wrong_json_names_entry_or_line(void **state)
{
    (void)state;
    refuse_list("l.json", "[\n{\"id\": }]", 2, "not JSON");
    refuse_list("l.json", "", 1, "not JSON");
    refuse_list("l.json", "{}", 0, "the list is not");
    refuse_list("l.json", "[3]", 0, "entry 1: ");
    refuse_list("l.json", "[{\"id\":\"a\",\"path\":\"b\"},{\"id\":\"c\"}]", 0,
                "entry 2: a tenant without path");
    refuse_list("l.json", "[{\"id\":\"a\",\"path\":\"b\",\"tier\":\"c\"}]", 0,
                "unknown member \"tier\"");
    refuse_list("l.json", "[{\"id\":\"a\",\"path\":\"b\",\"labels\":[]}]", 0, "not an object");
    refuse_list("l.json", "[{\"id\":\"a\",\"path\":\"b\",\"labels\":{\"x\":[]}}]", 0,
                "label \"x\"");
    refuse_list("l.json", "[{\"id\":\"a\",\"path\":\"b\",\"labels\":{\"id\":\"x\"}}]", 0, "\"id\"");
    refuse_list("l.json", "[{\"id\":[],\"path\":\"b\"}]", 0, "not a text");
    refuse_list("l.json", "[{\"id\":\"a\",\"id\":\"b\",\"path\":\"c\"}]", 1, "duplicate");
}

static void a_missing_list_is_told(void **state)
{
    struct tenant_source source = {.title = "t", .kind = SOURCE_LIST, .place = "gone.csv"};

    (void)state;
    expect_refused(&source, 1, "gone.csv", 0, "cannot open gone.csv");
}

static void one_id_twice_in_a_list_names_both_lines(void **state)
{
    struct tenant_source source = {.title = "t", .kind = SOURCE_LIST, .place = "l.csv"};

    (void)state;
    put("l.csv", "id,path\na,b\na,c\n");
    expect_refused(&source, 1, NULL, 0, "b (l.csv:2) and c (l.csv:3)");
}

static void a_lists_labels_win_over_its_sources(void **state)
{
    const char *labels[] = {"tier=free", "region=eu", NULL};
    struct tenant_source source = {.kind = SOURCE_LIST, .place = "l.csv", .labels = labels};

    (void)state;
    put("l.csv", "id,path,zone,tier\na,a.db,z,paid\n");
    expect_sources(&source, 1, "a=a.db[region:eu,tier:paid,zone:z]");
}

static void make_catalog(void)
{
    CLEANUP_DB sqlite3 *db = NULL;

    assert_int_equal(mkdir("c", 0755), 0);
    assert_int_equal(db_open("c/c.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL, &db, NULL),
                     E_OK);
    assert_int_equal(db_exec(db,
                             "CREATE TABLE t(id, path, tier); INSERT INTO t VALUES "
                             "(2, 'b.db', NULL), ('a', '/x/a.db', 'free')",
                             NULL),
                     E_OK);
}

static void catalogs_are_asked(void **state)
{
    struct tenant_source source = {.kind = SOURCE_CATALOG, .place = "c/c.db"};

    (void)state;
    make_catalog();
    source.query = "SELECT tier, path, id FROM t";
    expect_sources(&source, 1, "2=c/b.db a=/x/a.db[tier:free]");
    source.query = "SELECT id, path FROM t WHERE 0";
    expect_sources(&source, 1, "");
}

static void wrong_queries_name_catalog_and_query(void **state)
{
    static const char *const wrong[][2] = {
        {"SELECT id, path FROM nowhere", "no such table"},
        {"SELECT id FROM t", "no column is named path"},
        {"SELECT id, path, tier AS id FROM t", "two columns named id"},
        {"SELECT NULL AS id, path FROM t", "without id"},
        {"SELECT id, 'x-journal' AS path FROM t", "beside a database"},
        {"SELECT id, 'a' || char(0) AS path FROM t", "NUL"},
        {"DELETE FROM t RETURNING id, path", "would change"},
        {"-- nothing", "empty"},
    };
    struct tenant_source source = {.kind = SOURCE_CATALOG, .place = "c/c.db"};

    (void)state;
    make_catalog();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        source.query = wrong[i][0];
        expect_refused(&source, 1, "c/c.db", 0, wrong[i][1]);
        expect_refused(&source, 1, "c/c.db", 0, wrong[i][0]);
    }
    source.place = "gone.db";
    expect_refused(&source, 1, "gone.db", 0, "unable to open");
    assert_int_not_equal(access("gone.db", F_OK), 0);
}

static void expect_root(const char *list, const char *root)
{
    struct tenant_source source = {.kind = SOURCE_LIST, .place = "l.csv"};
    CLEANUP_FREE char *here = realpath(".", NULL);
    CLEANUP_STR struct str want = STR_INIT;
    struct fleet fleet;

    put("l.csv", list);
    assert_int_equal(resolve(&source, 1, &fleet, NULL), E_OK);
    if (root[0] != '/')
        str_addf(&want, "%s%s%s", here, root[0] ? "/" : "", root);
    else
        str_add(&want, root);
    assert_string_equal(fleet.root, str_text(&want));
    fleet_free(&fleet);
}

static void the_root_is_the_deepest_common_folder(void **state)
{
    (void)state;
    TOUCH("a/b/1.db", "a/bc/2.db", "a/b/d/3.db");
    assert_int_equal(symlink("a/b", "link"), 0);
    expect_root("id,path\n", "");
    expect_root("id,path\n1,a/b/1.db\n", "a/b");
    expect_root("id,path\n1,a/b/1.db\n2,a/bc/2.db", "a");
    expect_root("id,path\n1,a/b/1.db\n2,a/b/d/3.db", "a/b");
    expect_root("id,path\n1,a/b/d/3.db\n2,a/b/1.db", "a/b");
    expect_root("id,path\n1,link/d/3.db\n2,./a//b/1.db", "a/b");
    expect_root("id,path\n1,a/b/../bc/2.db\n2,a/bc/3.db", "a/bc");
    expect_root("id,path\n1,a/b/1.db\n2,x.db", "");
    expect_root("id,path\n1,a/gone/deep/1.db\n2,a/gone/2.db", "a/gone");
    expect_root("id,path\n1,a/b/1.db\n2,/x.db", "/");
    expect_root("id,path\n1,/x.db\n2,a/b/1.db", "/");
}

static void tenants_are_found_by_id(void **state)
{
    struct tenant_source source = glob("t/*.db");
    struct fleet fleet, none;

    (void)state;
    TOUCH("t/a.db", "t/b.db");
    assert_int_equal(resolve(&source, 1, &fleet, NULL), E_OK);
    assert_ptr_equal(fleet_find(&fleet, "b"), &fleet.tenants[1]);
    assert_null(fleet_find(&fleet, "c"));
    none = (struct fleet){.tenants = fleet.tenants, .n = fleet.n};
    assert_ptr_equal(fleet_find(&none, "b"), &fleet.tenants[1]);
    fleet_free(&fleet);
    assert_null(fleet_find(&fleet, "b"));
}

static bool takes(const char *text, const struct tenant *tenant)
{
    struct selection *s;
    bool taken;

    assert_int_equal(selection_parse(text, &s, NULL), E_OK);
    taken = selection_takes(s, tenant);
    selection_free(s);
    return taken;
}

static void selections_are_terms_that_all_hold(void **state)
{
    struct label labels[] = {{"region", "eu-west"}, {"tier", "free"}};
    struct tenant t = {.id = "acme", .labels = labels, .n_labels = 2};

    (void)state;
    assert_true(selection_takes(NULL, &t));
    assert_true(takes("tier=free", &t));
    assert_false(takes("tier=paid", &t));
    assert_false(takes("tier!=free", &t));
    assert_true(takes("tier!=paid", &t));
    assert_true(takes("ring!=1", &t));
    assert_false(takes("ring=1", &t));
    assert_true(takes("region=eu-*, tier=free ,id=ac?e", &t));
    assert_false(takes("region=eu-*,tier=paid", &t));
    assert_false(takes("id!=a*", &t));
    assert_false(takes("tier=", &t));
}

static void malformed_selections_are_refused(void **state)
{
    static const char *const wrong[] = {"",     "tier", "=x",   "!=x", "a=b,",
                                        ",a=b", "a==b", "a<=b", " =x"};
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct selection *s;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(selection_parse(wrong[i], &s, &e), E_INVALID);
        assert_null(s);
        assert_true(e.hint[0]);
    }
}

static void errors_of_a_source_name_the_configuration(void **state)
{
    struct tenant_source source = glob("t/");
    struct config config = {.file = "lockstep.conf", .sources = &source, .n_sources = 1};
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet fleet;

    (void)state;
    source.line = 7;
    assert_int_equal(fleet_resolve(&config, &fleet, &e), E_INVALID);
    assert_string_equal(e.file, "lockstep.conf");
    assert_int_equal(e.line, 7);
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_glob_lists_one_folder),
        IN_FOLDER(a_glob_that_matches_nothing_is_an_empty_fleet),
        IN_FOLDER(a_plain_name_is_a_tenant_when_it_is_there),
        IN_FOLDER(wildcards_may_stand_in_any_component),
        IN_FOLDER(a_backslash_takes_a_wildcards_meaning),
        IN_FOLDER(only_the_last_extension_is_dropped_from_an_id),
        IN_FOLDER(side_files_are_noted_and_never_tenants),
        IN_FOLDER(what_is_no_plain_file_says_nothing_of_its_sides),
        IN_FOLDER(odd_bytes_in_names_are_fine),
        IN_FOLDER(two_extensions_of_one_name_are_told),
        IN_FOLDER(one_file_twice_names_both_origins),
        IN_FOLDER(one_id_twice_names_both_files),
        IN_FOLDER(sources_keep_their_order_and_give_their_labels),
        IN_FOLDER(a_glob_of_a_folder_is_refused),
        IN_FOLDER(a_folder_that_cannot_be_listed_is_told),
        IN_FOLDER(csv_lists_are_read),
        IN_FOLDER(paths_in_a_list_are_relative_to_it),
        IN_FOLDER(wrong_csv_names_its_line),
        IN_FOLDER(a_nul_byte_in_csv_is_refused),
        IN_FOLDER(json_lists_are_read),
        IN_FOLDER(wrong_json_names_entry_or_line),
        IN_FOLDER(a_missing_list_is_told),
        IN_FOLDER(one_id_twice_in_a_list_names_both_lines),
        IN_FOLDER(a_lists_labels_win_over_its_sources),
        IN_FOLDER(catalogs_are_asked),
        IN_FOLDER(wrong_queries_name_catalog_and_query),
        IN_FOLDER(the_root_is_the_deepest_common_folder),
        IN_FOLDER(tenants_are_found_by_id),
        cmocka_unit_test(selections_are_terms_that_all_hold),
        cmocka_unit_test(malformed_selections_are_refused),
        IN_FOLDER(errors_of_a_source_name_the_configuration),
    };

    return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}
