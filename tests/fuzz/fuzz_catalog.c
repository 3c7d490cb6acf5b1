/*
 * A catalog with rows of any values, under queries that name columns in several ways: tenants come
 * out of it, or it is refused with a reason. Every tenant has an id and a path, none is a side
 * file.
 */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"
#include "fuzz.h"

enum { MOST_ROWS = 16 };

static const char *const queries[] = {
    "SELECT id, path, region FROM tenants",
    "SELECT path, id FROM tenants",
    "SELECT * FROM tenants",
    "SELECT id, path, region AS id FROM tenants",
    "SELECT id, path, region AS \"\" FROM tenants",
    "SELECT upper(id) AS id, path || region AS path FROM tenants",
    "SELECT id FROM tenants",
};

static sqlite3 *catalog(struct str *path)
{
    sqlite3 *db = NULL;

    place_path(path, "catalog.db");
    PROMISE(sqlite3_open(str_text(path), &db) == SQLITE_OK, "a catalog can be made");
    run_sql(db, "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"
                "DROP TABLE IF EXISTS tenants; CREATE TABLE tenants(id, path, region)");
    return db;
}

static void fill(sqlite3 *db, struct input *in)
{
    sqlite3_stmt *stmt = NULL;

    sqlite3_prepare_v2(db, "INSERT INTO tenants VALUES(?,?,?)", -1, &stmt, NULL);
    run_sql(db, "BEGIN");
    for (int row = 0; row < MOST_ROWS && in->left; row++) {
        for (int i = 1; i <= 3; i++)
            input_bind(in, stmt, i);
        sqlite3_step(stmt);
        sqlite3_reset(stmt);
    }
    run_sql(db, "COMMIT");
    sqlite3_finalize(stmt);
}

static void check(const struct tenant *t)
{
    PROMISE(t->id[0] && t->path[0] && t->origin[0], "a tenant has an id, a path and an origin");
    PROMISE(!is_side_file(path_base(t->path)), "no side file is a tenant");
    for (size_t i = 0; i < t->n_labels; i++)
        PROMISE(t->labels[i].key[0] && t->labels[i].value, "a label has a key and a value");
}

static void resolve(const char *path, const char *query)
{
    static const char *labels[] = {"region=eu", "tier=x", NULL};
    const struct tenant_source source = {
        .title = "c", .kind = SOURCE_CATALOG, .place = path, .query = query, .labels = labels};
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct draft draft = {.arena = &arena};

    PROMISE(draft_source(&draft, &source, NULL) == E_OK, "a source begins");
    if (catalog_tenants(&draft, &e) != E_OK)
        PROMISE(e.code == E_INVALID && e.file && e.message[0], "what is refused says why");
    else
        for (size_t i = 0; i < draft.n; i++)
            check(&draft.list[i]);
    draft_free(&draft);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str bytes = STR_INIT, path = STR_INIT;
    struct input in = input_of(data, size, &bytes);
    const char *query = queries[input_byte(&in) % (sizeof queries / sizeof *queries)];
    sqlite3 *db = catalog(&path);

    fill(db, &in);
    sqlite3_close(db);
    resolve(str_text(&path), query);
    return 0;
}
