#include "cli/event_view.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "store/log.h"

/* Bodies may list a whole fleet; a line for people shows what fits. */
static void add_value(struct str *out, const char *key, json_t *value)
{
    if (json_is_null(value))
        return;
    str_addc(out, ' ');
    text_safe(out, key);
    str_addc(out, '=');
    if (json_is_array(value))
        str_addf(out, "[%zu]", json_array_size(value));
    else if (json_is_object(value))
        str_addf(out, "{%zu}", json_object_size(value));
    else if (json_is_string(value))
        text_safe(out, json_string_value(value));
    else if (json_is_integer(value))
        str_addf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        str_addf(out, "%g", json_real_value(value));
    else
        str_add(out, json_is_true(value) ? "yes" : "no");
}

static int show_text(struct cli *cli, const struct log_event *event, struct error *e)
{
    struct str *out = &cli->out;
    CLEANUP_JSON json_t *body = NULL;
    json_t *value;
    const char *key;

    if (log_body(event, &body, e) == E_FATAL)
        return E_FATAL;
    str_addf(out, "%lld ", (long long)event->seq);
    text_time(out, event->at_us);
    str_addc(out, ' ');
    text_safe(out, event->run);
    str_addc(out, ' ');
    text_safe(out, event->kind);
    json_object_foreach(body, key, value) add_value(out, key, value);
    if (!body) { /* rather as it stands than not at all */
        str_add(out, " not JSON: ");
        text_safe(out, event->body);
    }
    str_addc(out, '\n');
    return cli_flush(cli, e);
}

static int show_line(struct cli *cli, const struct log_event *event, struct error *e)
{
    struct doc *d = &cli->doc;
    json_t *root, *body;
    char at[32];

    if (log_body(event, &body, e) == E_FATAL)
        return E_FATAL;
    root = doc_root(d);
    clock_text(event->at_us, at);
    doc_int(d, root, "seq", event->seq);
    doc_text(d, root, "run", event->run);
    doc_text(d, root, "at", at);
    doc_text(d, root, "kind", event->kind);
    doc_text(d, root, "hash", event->hash);
    doc_int(d, root, "event_format", event->format);
    doc_put(d, root, "body", body ? body : json_null());
    return cli_flush_line(cli, e);
}

int event_show(struct cli *cli, const struct log_event *event, struct error *e)
{
    return cli->options.json ? show_line(cli, event, e) : show_text(cli, event, e);
}
