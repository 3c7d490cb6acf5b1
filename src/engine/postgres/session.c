#include "engine/postgres/session.h"

#include <stddef.h>

#include "db/postgres_batch.h"

static void add_all(struct pg_batch *b, const char *const *statements, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pg_batch_add(b, "%s", statements[i]);
}

void pg_session_add_role(struct pg_batch *b)
{
    static const char *const statements[] = {"RESET ROLE", "RESET SESSION AUTHORIZATION"};

    add_all(b, statements, sizeof statements / sizeof statements[0]);
}

static void add_own(struct pg_batch *b, const char *key)
{
    pg_batch_add(b, "SET idle_in_transaction_session_timeout = 0");
    pg_batch_add(b, "SET application_name = 'lockstep_%.32s'", key);
}

void pg_session_add_rest(struct pg_batch *b, struct pg *pg, const char *key)
{
    static const char *const statements[] = {
        "CLOSE ALL",
        "RESET ALL",
        "DEALLOCATE ALL",
        "DISCARD SEQUENCES",
        "SELECT pg_catalog.pg_advisory_unlock_all()",
    };

    add_all(b, statements, sizeof statements / sizeof statements[0]);
    add_own(b, key);
    pg->local = (struct pg_local){0};
}

static void add_all_of_it(struct pg_batch *b, struct pg *pg, const char *key)
{
    pg->local = (struct pg_local){0}; /* it ended with its transaction */
    if (pg->scripted) {
        pg_session_add_role(b);
        pg_session_add_rest(b, pg, key);
    } else {
        add_own(b, key);
    }
}

void pg_session_add_begin(struct pg_batch *b, struct pg *pg, const char *key)
{
    pg_batch_add(b, PG_BEGIN);
    add_all_of_it(b, pg, key);
}

void pg_session_add_outside(struct pg_batch *b, struct pg *pg, const char *key)
{
    static const char *const defaults[] = {
        "SET default_transaction_read_only = off",
        "SET default_transaction_isolation = 'read committed'",
    };

    add_all_of_it(b, pg, key);
    pg->scripted = true;
    add_all(b, defaults, sizeof defaults / sizeof defaults[0]);
}
