#include "db/mysql_url.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/str.h"
#include "db/server.h"

/* A part with its %XX; NULL: out of memory. */
static const char *decoded(struct arena *arena, const char *at, size_t n)
{
    CLEANUP_STR struct str out = STR_INIT;

    str_add(&out, "");
    server_add_decoded(&out, at, n);
    return str_copy(&out, arena);
}

static int take(struct arena *arena, const char *at, size_t n, const char **to, struct error *e)
{
    if (!n)
        return E_OK;
    *to = decoded(arena, at, n);
    return *to ? E_OK : error_oom(e);
}

static int take_host(struct arena *arena, const char *at, size_t n, struct my_url *out,
                     struct error *e)
{
    bool bracket = n && *at == '[';
    const char *end = at + n, *close = bracket ? memchr(at, ']', n) : NULL;
    const char *colon = memchr(close ? close : at, ':', (size_t)(end - (close ? close : at)));
    uint64_t port = 0;
    const char *digits = colon ? colon + 1 : end;

    if (colon && (!number_read(&digits, &port) || digits != end || port > 65535))
        return error_set(e, E_INVALID, "the port in the url is no number");
    out->port = (unsigned)port;
    if (close)
        return take(arena, at + 1, (size_t)(close - at - 1), &out->host, e);
    return take(arena, at, (size_t)((colon ? colon : end) - at), &out->host, e);
}

static int take_authority(struct arena *arena, const char *at, size_t n, struct my_url *out,
                          struct error *e)
{
    const char *host = memrchr(at, '@', n), *colon;
    int r = E_OK;

    if (host) {
        colon = memchr(at, ':', (size_t)(host - at));
        r = take(arena, at, (size_t)((colon ? colon : host) - at), &out->user, e);
        if (r == E_OK && colon)
            r = take(arena, colon + 1, (size_t)(host - colon - 1), &out->password, e);
        n -= (size_t)(host + 1 - at);
        at = host + 1;
    }
    return r == E_OK ? take_host(arena, at, n, out, e) : r;
}

static int take_parameter(struct arena *arena, const char *at, size_t n, struct my_url *out,
                          struct error *e)
{
    const struct {
        const char *name;
        const char **to;
    } known[] = {{"socket", &out->socket},     {"ssl", &out->ssl},         {"ssl-ca", &out->ssl_ca},
                 {"ssl-cert", &out->ssl_cert}, {"ssl-key", &out->ssl_key}, {"user", &out->user},
                 {"password", &out->password}};
    const char *equals = memchr(at, '=', n);
    size_t name = equals ? (size_t)(equals - at) : n;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == name && strncmp(known[i].name, at, name) == 0)
            return take(arena, at + name + 1, equals ? n - name - 1 : 0, known[i].to, e);
    error_set(e, E_INVALID, "the url has a parameter %.*s, which is not known", (int)name, at);
    error_hint(e, "known are socket, ssl, ssl-ca, ssl-cert and ssl-key");
    return E_INVALID;
}

int my_url_read(struct arena *arena, const char *url, struct my_url *out, struct error *e)
{
    const char *at = strstr(url, "://"), *slash;
    size_t n;
    int r;

    *out = (struct my_url){0};
    if (!at)
        return error_set(e, E_INVALID, "this is no url of a MySQL server");
    at += 3;
    n = strcspn(at, "/?");
    r = take_authority(arena, at, n, out, e);
    slash = at += n;
    if (r == E_OK && *slash == '/') {
        n = strcspn(++at, "?");
        r = take(arena, at, n, &out->database, e);
        at += n;
    }
    while (r == E_OK && *at) {
        n = strcspn(++at, "&");
        if (n)
            r = take_parameter(arena, at, n, out, e);
        at += n;
    }
    return r;
}
