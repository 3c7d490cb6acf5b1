#include "cli/text.h"

#include <inttypes.h>
#include <string.h>
#include <utf8proc.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/cli.h"

/* One character of text: its length in bytes; *width is its columns, -1 when it must be escaped. */
static size_t next_char(const char *text, int *width)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &point);
    utf8proc_category_t category;

    *width = -1;
    if (n < 1)
        return 1;
    category = utf8proc_category(point);
    if (category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF)
        *width = utf8proc_charwidth(point);
    return (size_t)n;
}

static void add_escaped(struct str *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        str_addf(out, "\\x%02x", (unsigned char)text[i]);
}

void text_safe(struct str *out, const char *text)
{
    while (*text) {
        int width;
        size_t n = next_char(text, &width);

        if (width < 0)
            add_escaped(out, text, n);
        else
            str_addn(out, text, n);
        text += n;
    }
}

size_t text_width(const char *text)
{
    size_t columns = 0;

    while (*text) {
        int width;
        size_t n = next_char(text, &width);

        columns += width < 0 ? 4 * n : (size_t)width;
        text += n;
    }
    return columns;
}

void text_pad(struct str *out, const char *text, size_t width)
{
    text_safe(out, text);
    for (size_t n = text_width(text); n < width; n++)
        str_addc(out, ' ');
}

void text_block(struct str *out, const char *text, size_t len, size_t indent)
{
    CLEANUP_STR struct str copy = STR_INIT;
    char *save = NULL;

    str_addn(&copy, text, len);
    if (!str_ok(&copy)) {
        out->failed = true;
        return;
    }
    for (char *line = strtok_r(copy.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        for (size_t i = 0; i < indent; i++)
            str_addc(out, ' ');
        for (char *tab; (tab = strchr(line, '\t')); line = tab + 1) {
            *tab = '\0';
            text_safe(out, line);
            str_addc(out, '\t');
        }
        text_safe(out, line);
        str_addc(out, '\n');
    }
}

void text_count(struct str *out, uint64_t n, const char *noun)
{
    str_addf(out, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
}

void text_seconds(struct str *out, double seconds)
{
    if (seconds > 0 && seconds < 0.0005)
        str_add(out, "under 1 ms");
    else if (seconds < 0.0995)
        str_addf(out, "%.0f ms", seconds * 1000);
    else if (seconds < 10)
        str_addf(out, "%.1f s", seconds);
    else if (seconds < 120)
        str_addf(out, "%.0f s", seconds);
    else
        str_addf(out, "%ld min %ld s", (long)seconds / 60, (long)seconds % 60);
}

void text_took(struct str *out, int64_t from_us, int64_t to_us)
{
    text_seconds(out, ((double)to_us - (double)from_us) / 1e6);
}

void text_error(struct str *out, const struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    error_render(e, &text);
    text_safe(out, str_ok(&text) ? str_text(&text) : e->message);
}

void text_tint(struct cli *cli, enum tint tint, const struct str *text)
{
    static const char *const codes[] = {
        [TINT_GOOD] = "\033[32m",
        [TINT_BAD] = "\033[31m",
        [TINT_WARN] = "\033[33m",
        [TINT_TITLE] = "\033[1m",
    };

    str_add(&cli->out, cli->out_color ? codes[tint] : "");
    str_join(&cli->out, text);
    str_add(&cli->out, cli->out_color ? "\033[0m" : "");
}

void text_time(struct str *out, int64_t wall_us)
{
    char text[32];

    clock_text(wall_us, text);
    str_addf(out, "%.10s %.8sZ", text, text + 11);
}
