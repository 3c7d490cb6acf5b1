/* Text for people: counts, times, widths, and names that may hold anything a file name can. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;
struct error;
struct str;

enum tint { TINT_GOOD, TINT_BAD, TINT_WARN, TINT_TITLE };

/* Control characters and what is not UTF-8 as \xNN: no name moves the cursor. */
void text_safe(struct str *out, const char *text);
/* Several lines (SQL), each behind `indent` blanks; its tabs stay. */
void text_block(struct str *out, const char *text, size_t len, size_t indent);
size_t text_width(const char *text);                            /* columns on a terminal */
void text_pad(struct str *out, const char *text, size_t width); /* safe, filled up with blanks */
void text_count(struct str *out, uint64_t n, const char *noun); /* "1 tenant", "2 tenants" */
void text_seconds(struct str *out, double seconds);             /* "40 ms", "1.2 s", "3 min 20 s" */
void text_took(struct str *out, int64_t from_us, int64_t to_us); /* any two, of a damaged log too */
void text_error(struct str *out, const struct error *e);         /* error_render, safe */
/* In color where stdout may have it. */
void text_tint(struct cli *cli, enum tint tint, const struct str *text);
/* 2026-11-20 20:13:52Z */
void text_time(struct str *out, int64_t wall_us);

#endif
