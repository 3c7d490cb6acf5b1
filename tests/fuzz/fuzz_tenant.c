/*
 * A tenant's file with bytes changed: a look at it, its trail, its history and a rehearsal end,
 * with an answer or a reason. Where page 1 told enough, SQLite tells the same; a rehearsal leaves
 * every byte as it was.
 */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/sqlite/engine.h"
#include "engine/sqlite/look.h"
#include "engine/sqlite/past.h"
#include "fuzz.h"
#include "op/session.h"
#include "op/trail.h"

#define HISTORY                                                                                    \
    "CREATE TABLE lockstep_history(seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, name TEXT "  \
    "NOT NULL, direction TEXT NOT NULL, checksum TEXT, run TEXT NOT NULL, grp INTEGER NOT NULL, "  \
    "down_sql TEXT, applied_at TEXT NOT NULL, duration_us INTEGER NOT NULL, log_head TEXT);"       \
    "INSERT INTO lockstep_history VALUES(1,1,'a','up','1:c','r',1,'drop table a','t',5,'h'),"      \
    "(2,2,'b','up',NULL,'r',1,NULL,'t',5,NULL),(3,2,'b','down',NULL,'s',2,NULL,'t',5,NULL);"

static const char *const schemas[] = {
    "PRAGMA page_size=512; CREATE TABLE a(b);",
    "PRAGMA page_size=1024; CREATE TABLE a(b);" HISTORY,
    "PRAGMA page_size=512; CREATE TABLE a(b); CREATE INDEX i ON a(b); CREATE VIEW v AS SELECT 1;"
    "CREATE TABLE c(d, e, f, g); CREATE TABLE h(d, e, f, g);" HISTORY,
    "PRAGMA page_size=512; PRAGMA encoding='UTF-16le'; CREATE TABLE a(b);" HISTORY,
    "PRAGMA journal_mode=WAL; CREATE TABLE a(b);",
    "PRAGMA page_size=512; PRAGMA auto_vacuum=FULL; CREATE TABLE a(b);" HISTORY,
};
enum { SCHEMAS = sizeof schemas / sizeof *schemas };

static struct str templates[SCHEMAS];

static void make_templates(const char *path)
{
    for (size_t i = 0; i < SCHEMAS; i++) {
        sqlite3 *db = NULL;

        unlink(path);
        PROMISE(sqlite3_open(path, &db) == SQLITE_OK, "a tenant can be made");
        run_sql(db, schemas[i]);
        sqlite3_close(db);
        PROMISE(file_read(path, SIZE_MAX / 2, &templates[i], NULL) == E_OK, "and read");
    }
}

static void remove_sides(const char *path)
{
    static const char *const endings[] = {"-journal", "-wal", "-shm"};

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        CLEANUP_STR struct str side = STR_INIT;

        str_addf(&side, "%s%s", path, endings[i]);
        unlink(str_text(&side));
    }
}

/* What SQLite says, where it says something. */
static void compare(const char *path, const struct look *look)
{
    struct look stock = LOOK_INIT;

    if (past_read(path, 0, &stock, NULL) == E_OK)
        PROMISE(stock.history == look->history && stock.foreign == look->foreign &&
                    str_same(str_text(&stock.past), str_text(&look->past)),
                "page 1 tells what SQLite tells");
    look_close(&stock);
}

static void look_at(const char *path, bool quiet)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct look look = LOOK_INIT;
    int r = look_open(path, quiet, &look, &e);

    if (r == E_OK)
        r = look_read(path, 0, &look, &e);
    if (r != E_OK)
        PROMISE(e.code != E_OK && e.message[0], "what cannot be looked at says why");
    else if (look.stamp.size)
        compare(path, &look);
    look_close(&look);
}

static void follow(const char *path)
{
    struct session session = {0};
    struct tenant tenant = {.path = path};
    struct trail trail = {0};

    trail_read(&trail, &session, &tenant, path, "r");
    PROMISE(!trail.why.code || trail.why.message[0], "a trail that cannot be read says why");
    trail_find(&trail, 1);
    trail_free(&trail);
}

static void one_by_one(void *ctx, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg)
{
    (void)ctx;
    for (uint32_t i = 0; i < n; i++)
        fn(arg, i);
}

static void rehearse(const char *path, const struct str *file)
{
    static struct statement statements[] = {
        {.sql = "CREATE TABLE zz(y)", .len = 18, .line = 1},
        {.sql = "INSERT INTO zz VALUES(1)", .len = 24, .line = 2}};
    static const struct script script = {
        .file = "3_z.sql", .text = "", .statements = statements, .n = 2};
    static const struct step step = {
        .version = 3, .digits = "3", .name = "z", .checksum = "1:0", .script = &script};
    const struct branch_spec spec = {.id = "a", .path = path, .steps = &step, .n = 1};
    struct sqlite_engine engine = {.run = "q",
                                   .key = "k",
                                   .decisions = place(),
                                   .branches = &spec,
                                   .each = {one_by_one, NULL}};
    CLEANUP_STR struct str after = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;

    file_room_init(&engine.room, 1 << 20);
    if (sqlite_rehearse(&engine, 0, &e) != E_OK)
        PROMISE(e.code != E_OK && e.message[0], "a rehearsal that fails says why");
    PROMISE(file_read(path, SIZE_MAX / 2, &after, NULL) == E_OK, "the tenant is there");
    PROMISE(after.len == file->len && memcmp(after.data, file->data, file->len) == 0,
            "a rehearsal leaves every byte as it was");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str bytes = STR_INIT, path = STR_INIT, file = STR_INIT;
    struct input in = input_of(data, size, &bytes);
    uint8_t how = input_byte(&in);
    const struct str *like = &templates[how % SCHEMAS];

    place_path(&path, "t.db");
    if (!like->data) {
        PROMISE(sqlite_engine_setup() == E_OK, "the engine is set up");
        make_templates(str_text(&path));
    }
    str_addn(&file, like->data, like->len);
    if (how & 64) /* cut short */
        file.len = (size_t)input_byte(&in) << 4;
    file.len = file.len < like->len ? file.len : like->len;
    input_patch(&in, (uint8_t *)file.data, file.len ? file.len : 1);
    remove_sides(str_text(&path));
    place_write(str_text(&path), file.data, file.len);
    rehearse(str_text(&path), &file);
    look_at(str_text(&path), how & 128);
    follow(str_text(&path));
    return 0;
}
