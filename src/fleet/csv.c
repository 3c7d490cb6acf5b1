/* List files in CSV, as RFC 4180 has it; line ends may be LF. Blank lines are passed over. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"

struct csv {
    const char *at, *end;
    unsigned line;        /* of `at` */
    unsigned record_line; /* where the record began */
    struct str bytes;     /* its fields, terminated one by one */
    const char **fields;  /* owned; point into bytes once the record is whole */
    size_t n, cap;
};

static void csv_free(struct csv *c)
{
    str_free(&c->bytes);
    free(c->fields);
}

static int wrong(struct error *e, const char *message, const char *hint)
{
    error_set(e, E_INVALID, "%s", message);
    error_hint(e, "%s", hint);
    return E_INVALID;
}

static bool at_line_end(const struct csv *c)
{
    return c->at == c->end || *c->at == '\n' ||
           (*c->at == '\r' && (c->at + 1 == c->end || c->at[1] == '\n'));
}

static int quoted_field(struct csv *c, struct error *e)
{
    for (c->at++; c->at < c->end; c->at++) {
        if (*c->at == '"' && (c->at + 1 == c->end || c->at[1] != '"')) {
            c->at++;
            if (at_line_end(c) || *c->at == ',')
                return E_OK;
            return wrong(e, "text behind the closing quote of a field",
                         "a quote inside a quoted field is doubled");
        }
        if (*c->at == '"')
            c->at++;
        c->line += *c->at == '\n';
        str_addc(&c->bytes, *c->at);
    }
    return wrong(e, "a quoted field never ends", "close it with a quote");
}

static int plain_field(struct csv *c, struct error *e)
{
    while (!at_line_end(c) && *c->at != ',') {
        if (*c->at == '"')
            return wrong(e, "a quote inside a field without quotes",
                         "put the whole field in quotes and double the quote in it");
        str_addc(&c->bytes, *c->at++);
    }
    return E_OK;
}

static int next_field(struct csv *c, struct error *e)
{
    int r = c->at < c->end && *c->at == '"' ? quoted_field(c, e) : plain_field(c, e);

    if (r != E_OK)
        return r;
    str_addn(&c->bytes, "", 1);
    if (!str_ok(&c->bytes) || !array_room(&c->fields, c->n, &c->cap, sizeof *c->fields))
        return error_oom(e);
    c->n++;
    return E_OK;
}

static void point_fields(struct csv *c)
{
    const char *at = str_text(&c->bytes);

    for (size_t i = 0; i < c->n; i++, at += strlen(at) + 1)
        c->fields[i] = at;
}

static void skip_line_end(struct csv *c)
{
    if (c->at < c->end && *c->at == '\r')
        c->at++;
    if (c->at < c->end && *c->at == '\n') {
        c->at++;
        c->line++;
    }
}

/* The next record that is not a blank line; n is 0 at the end. */
static int next_record(struct csv *c, struct error *e)
{
    int r = E_OK;

    c->n = 0;
    str_reset(&c->bytes);
    while (c->at < c->end && at_line_end(c))
        skip_line_end(c);
    c->record_line = c->line;
    if (c->at == c->end)
        return E_OK;
    do {
        c->at += c->n > 0; /* the comma */
        r = next_field(c, e);
    } while (r == E_OK && c->at < c->end && *c->at == ',');
    skip_line_end(c);
    point_fields(c);
    return r;
}

static int take_record(struct draft *draft, struct csv *c, const struct columns *columns,
                       struct error *e)
{
    CLEANUP_STR struct str origin = STR_INIT;

    if (c->n != columns->n) {
        error_set(e, E_INVALID, "%zu fields where the header has %zu", c->n, columns->n);
        error_hint(e, "a comma inside a field needs quotes around the field");
        return E_INVALID;
    }
    str_addf(&origin, "%s:%u", draft->source->place, c->record_line);
    if (!str_ok(&origin))
        return error_oom(e);
    return columns_row(draft, columns, c->fields, str_text(&origin), e);
}

static int read_records(struct draft *draft, struct csv *c, struct error *e)
{
    struct columns columns;
    int r = next_record(c, e);

    if (r == E_OK)
        r = columns_take(draft, c->fields, c->n, &columns, e);
    while (r == E_OK) {
        r = next_record(c, e);
        if (r != E_OK || c->n == 0)
            break;
        r = take_record(draft, c, &columns, e);
    }
    return r;
}

static int refuse_nul(struct csv *c, struct error *e)
{
    const char *nul = memchr(c->at, '\0', (size_t)(c->end - c->at));

    if (!nul)
        return E_OK;
    c->record_line = 1;
    for (const char *at = c->at; at < nul; at++)
        c->record_line += *at == '\n';
    return wrong(e, "a NUL byte in a list", "save the file as text");
}

int csv_tenants(struct draft *draft, const char *text, size_t len, struct error *e)
{
    __attribute__((cleanup(csv_free))) struct csv c = {.at = text, .end = text + len, .line = 1};
    int r = refuse_nul(&c, e);

    if (r == E_OK)
        r = read_records(draft, &c, e);
    if (r != E_OK)
        error_at(e, draft->source->place, c.record_line);
    return r;
}
