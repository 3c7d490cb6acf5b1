#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/*
 * Where to cut text so that at most max bytes stay and no UTF-8 character is torn. Text that is not
 * UTF-8 is cut anywhere.
 */
static size_t cut_length(const char *text, size_t len, size_t max)
{
    size_t n = max;

    if (len <= max)
        return len;
    while (n > 0 && max - n < 3 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return ((unsigned char)text[n] & 0xc0) == 0x80 ? max : n;
}

/* vsnprintf that cuts between characters. */
static void format_cut(char *to, size_t size, const char *format, va_list args)
{
    CLEANUP_STR struct str text = STR_INIT;
    va_list again;
    size_t n;

    va_copy(again, args);
    str_addv(&text, format, again);
    va_end(again);
    if (!str_ok(&text)) {
        vsnprintf(to, size, format, args);
        return;
    }
    n = cut_length(str_text(&text), text.len, size - 1);
    memcpy(to, str_text(&text), n);
    to[n] = '\0';
}

int error_set(struct error *e, int code, const char *format, ...)
{
    struct error fresh = {.code = code};
    va_list args;

    if (!e)
        return code;
    va_start(args, format); /* may quote what e says now */
    format_cut(fresh.message, sizeof fresh.message, format, args);
    va_end(args);
    error_clear(e);
    *e = fresh;
    return code;
}

int error_errno(struct error *e, int code, const char *what, const char *path)
{
    int sys = errno;

    error_set(e, code, "cannot %s %s: %s", what, path, strerror(sys));
    if (e)
        e->sys = sys;
    return code;
}

static void name_once(char **field, const char *text, size_t n)
{
    if (*field || !text)
        return;
    *field = strndup(text, n);
}

void error_tenant(struct error *e, const char *tenant)
{
    if (e && tenant)
        name_once(&e->tenant, tenant, strlen(tenant));
}

void error_at(struct error *e, const char *file, unsigned line)
{
    if (!e || e->file || !file)
        return;
    name_once(&e->file, file, strlen(file));
    e->line = line;
}

void error_statement(struct error *e, const char *sql, size_t len)
{
    if (e && sql)
        name_once(&e->statement, sql, cut_length(sql, len, ERROR_STATEMENT_MAX));
}

void error_hint(struct error *e, const char *format, ...)
{
    va_list args;

    if (!e || e->hint[0])
        return;
    va_start(args, format);
    format_cut(e->hint, sizeof e->hint, format, args);
    va_end(args);
}

void error_move(struct error *dst, struct error *src)
{
    if (!src || dst == src)
        return;
    if (dst) {
        error_clear(dst);
        *dst = *src;
        memset(src, 0, sizeof *src);
    } else {
        error_clear(src);
    }
}

void error_clear(struct error *e)
{
    if (!e)
        return;
    free(e->tenant);
    free(e->file);
    free(e->statement);
    memset(e, 0, sizeof *e);
}

static void add_folded(struct str *out, const char *text)
{
    bool blank = false;

    for (; *text; text++) {
        if (strchr(" \t\r\n", *text)) {
            blank = true;
            continue;
        }
        if (blank)
            str_addc(out, ' ');
        blank = false;
        str_addc(out, *text);
    }
}

void error_render(const struct error *e, struct str *out)
{
    if (e->tenant)
        str_addf(out, "%s: ", e->tenant);
    if (e->file && e->line)
        str_addf(out, "%s:%u: ", e->file, e->line);
    else if (e->file)
        str_addf(out, "%s: ", e->file);
    add_folded(out, e->message);
    if (e->statement) {
        str_add(out, ", in: ");
        add_folded(out, e->statement);
    }
    if (e->hint[0])
        str_addf(out, "; %s", e->hint);
}
