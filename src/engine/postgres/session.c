#include "engine/postgres/session.h"

#include <stddef.h>

#include "db/postgres_batch.h"

void pg_session_add_clean(struct pg_batch *b, const char *key)
{
    static const char *const statements[] = {
        "CLOSE ALL",
        "RESET ALL",
        "RESET SESSION AUTHORIZATION",
        "RESET ROLE",
        "DEALLOCATE ALL",
        "DISCARD SEQUENCES",
        "SELECT pg_catalog.pg_advisory_unlock_all()",
        "SET default_transaction_read_only = off",
        "SET default_transaction_isolation = 'read committed'",
        "SET client_min_messages = error",
        "SET idle_in_transaction_session_timeout = 0",
    };

    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        pg_batch_add(b, "%s", statements[i]);
    pg_batch_add(b, "SET application_name = 'lockstep_%.32s'", key);
}
