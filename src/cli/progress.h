/*
 * Progress on stderr: one line that is drawn over and erased at the end (a terminal), a plain line
 * a phase (a file, a pipe), or nothing (--quiet).
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress;

enum progress_style { PROGRESS_NONE, PROGRESS_LINES, PROGRESS_BAR };

struct progress_line {
    enum progress_style style;
    bool drawn; /* there is something to erase */
    int64_t drawn_us;
    char phase[32]; /* the last one shown */
    uint32_t group;
};

void progress_start(struct progress_line *line, bool quiet);
void progress_show(struct progress_line *line, const struct progress *progress);
void progress_erase(struct progress_line *line); /* before anything else is said, and at the end */

#endif
