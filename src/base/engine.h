/* The kinds of database a tenant can live in. A script is written in the dialect of one of them. */
#ifndef BASE_ENGINE_H
#define BASE_ENGINE_H

enum engine_kind {
    ENGINE_SQLITE,   /* files: no server */
    ENGINE_POSTGRES, /* postgres://, postgresql:// */
    ENGINE_MYSQL,    /* mysql://, mariadb:// */
    ENGINE_EXEC,     /* a command of the user's, run for each tenant */
    ENGINES
};

/* By the scheme of a url; ENGINE_SQLITE when it is none of a server's. */
enum engine_kind engine_of_url(const char *url);

/* "sqlite", "postgres", "mysql", "exec": in messages, JSON, file names of variants. */
const char *engine_name(enum engine_kind engine);
enum engine_kind engine_of_name(const char *name); /* ENGINE_SQLITE when it is none of these */

#endif
