#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

int error_set(struct error *e, int code, const char *format, ...)
{
    va_list args;

    if (!e)
        return code;
    error_clear(e);
    e->code = code;
    va_start(args, format);
    vsnprintf(e->message, sizeof e->message, format, args);
    va_end(args);
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

int error_oom(struct error *e)
{
    return error_set(e, E_NOMEM, "out of memory");
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
    if (!e)
        return;
    name_once(&e->statement, sql, len < ERROR_STATEMENT_MAX ? len : ERROR_STATEMENT_MAX);
}

void error_hint(struct error *e, const char *format, ...)
{
    va_list args;

    if (!e || e->hint[0])
        return;
    va_start(args, format);
    vsnprintf(e->hint, sizeof e->hint, format, args);
    va_end(args);
}

void error_move(struct error *dst, struct error *src)
{
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
