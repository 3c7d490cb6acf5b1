#include "db/server.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void server_add_decoded(struct str *out, const char *part, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool code =
            part[i] == '%' && n - i > 2 && digit(part[i + 1]) >= 0 && digit(part[i + 2]) >= 0;

        str_addc(out, code ? (char)(digit(part[i + 1]) * 16 + digit(part[i + 2])) : part[i]);
        i += code ? 2 : 0;
    }
}

size_t server_password(const char *url, const char **password)
{
    const char *at = strstr(url, "://"), *host, *colon;

    if (!at)
        return 0;
    at += 3;
    host = memrchr(at, '@', strcspn(at, "/?#"));
    colon = host ? memchr(at, ':', (size_t)(host - at)) : NULL;
    if (!colon)
        return 0;
    *password = colon + 1;
    return (size_t)(host - colon - 1);
}

/* user:password before the last @ of the authority: what is behind the first colon is not shown. */
static const char *show_user(struct str *out, const char *at)
{
    const char *end = at + strcspn(at, "/?#"), *host = NULL, *colon;

    for (const char *c = at; c < end; c++)
        if (*c == '@')
            host = c;
    if (!host)
        return at;
    colon = memchr(at, ':', (size_t)(host - at));
    str_addn(out, at, (size_t)((colon ? colon : host) - at));
    return host;
}

/* Parameters, but for those that are secrets. */
static void show_parameters(struct str *out, const char *at)
{
    char before = '?';

    while (*at) {
        size_t n = strcspn(at, "&");

        if (strncasecmp(at, "password=", 9) != 0 && strncasecmp(at, "sslpassword=", 12) != 0) {
            str_addc(out, before);
            str_addn(out, at, n);
            before = '&';
        }
        at += n + (at[n] == '&');
    }
}

char *server_shown(struct arena *arena, const char *url)
{
    CLEANUP_STR struct str out = STR_INIT;
    const char *at = strstr(url, "://"), *question;

    if (!at)
        return arena_copy(arena, "?");
    str_addn(&out, url, (size_t)(at + 3 - url));
    at = show_user(&out, at + 3);
    question = strchr(at, '?');
    str_addn(&out, at, question ? (size_t)(question - at) : strlen(at));
    if (question)
        show_parameters(&out, question + 1);
    return str_copy(&out, arena);
}
