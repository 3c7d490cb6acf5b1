#include "cli/progress.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/text.h"
#include "op/migrate.h"

enum { BAR_WIDTH = 24, REDRAW_US = 50000 };

void progress_start(struct progress_line *line, bool quiet)
{
    const char *term = getenv("TERM");
    bool able = isatty(STDERR_FILENO) && term && !str_same(term, "dumb");

    *line = (struct progress_line){.style = quiet  ? PROGRESS_NONE
                                            : able ? PROGRESS_BAR
                                                   : PROGRESS_LINES};
}

static size_t terminal_columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

/* "prepare  512/1000 tenants, group 1 of 3, 2 failed" */
static void add_words(struct str *out, const struct progress *p)
{
    if (p->total > 0)
        str_addf(out, "%" PRIu64 "/%" PRIu64 " tenants", p->done, p->total);
    if (p->groups > 1)
        str_addf(out, ", group %u of %u", p->group, p->groups);
    if (p->failed > 0)
        str_addf(out, ", %" PRIu64 " failed", p->failed);
}

static void add_bar(struct str *out, const struct progress *p)
{
    uint64_t filled = p->total == 0         ? 0
                      : p->done >= p->total ? BAR_WIDTH
                                            : p->done * BAR_WIDTH / p->total;

    str_addc(out, '[');
    for (uint64_t i = 0; i < BAR_WIDTH; i++)
        str_addc(out, i < filled ? '#' : '.');
    str_add(out, "] ");
}

/* A bar that is about to be drawn over soon can wait; the end of a phase is always shown. */
static bool too_soon(struct progress_line *line, const struct progress *p, bool fresh)
{
    int64_t now = clock_mono_us();

    if (!fresh && p->done < p->total && now - line->drawn_us < REDRAW_US)
        return true;
    line->drawn_us = now;
    return false;
}

static void draw_bar(struct progress_line *line, const struct progress *p)
{
    CLEANUP_STR struct str text = STR_INIT;
    size_t columns = terminal_columns();

    text_pad(&text, p->phase, 8);
    str_addc(&text, ' ');
    add_bar(&text, p);
    add_words(&text, p);
    if (str_ok(&text)) {
        fprintf(stderr, "\r%.*s\033[K", (int)(columns - 1), str_text(&text));
        fflush(stderr);
        line->drawn = true;
    }
}

static void say_line(const struct progress *p)
{
    CLEANUP_STR struct str text = STR_INIT;

    str_addf(&text, "%s: %" PRIu64 " tenant%s", p->phase, p->total, p->total == 1 ? "" : "s");
    if (p->groups > 1)
        str_addf(&text, ", group %u of %u", p->group, p->groups);
    if (str_ok(&text))
        fprintf(stderr, "%s\n", str_text(&text));
}

void progress_show(struct progress_line *line, const struct progress *p)
{
    bool fresh = strcmp(line->phase, p->phase) != 0 || line->group != p->group;

    if (line->style == PROGRESS_NONE)
        return;
    snprintf(line->phase, sizeof line->phase, "%s", p->phase);
    line->group = p->group;
    if (line->style == PROGRESS_LINES && fresh)
        say_line(p);
    else if (line->style == PROGRESS_BAR && !too_soon(line, p, fresh))
        draw_bar(line, p);
}

void progress_erase(struct progress_line *line)
{
    if (!line->drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    line->drawn = false;
}
