/*
 * A url of a MySQL or MariaDB server, cut into what the client library takes one by one:
 *
 *   mysql://USER:PASSWORD@HOST:PORT/DATABASE?socket=/run/mysqld/mysqld.sock&ssl=required
 *
 * Everything may be left out; what is, the option files may say (group "client"). Parameters:
 * socket, a Unix socket; ssl: off, preferred (the default), required or verify; ssl-ca, ssl-cert,
 * ssl-key: files. What stands for a character of its own is written %XX.
 */
#ifndef DB_MYSQL_URL_H
#define DB_MYSQL_URL_H

#include "base/mem.h"

struct error;

struct my_url {
    const char *user, *password, *host, *database, *socket; /* NULL: not given */
    const char *ssl, *ssl_ca, *ssl_cert, *ssl_key;
    unsigned port; /* 0: not given */
};

/* E_INVALID: not such a url, or a parameter that is not known (named; values never are). */
int my_url_read(struct arena *arena, const char *url, struct my_url *out, struct error *e);

#endif
