/*
 * What the targets share: an input that is taken piece by piece, a place for files, and a promise
 * that ends the program. Text inputs are read as they are; others (numbers, rows, patches) come out
 * of struct input, which gives zeros when it is used up, so that every input means something.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

struct str;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(held, what)                                                                        \
    do {                                                                                           \
        if (!(held)) {                                                                             \
            fprintf(stderr, "broken promise: %s\n", what);                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct input {
    const uint8_t *at;
    size_t left;
};

/* The bytes themselves; or those that "hex " and digits spell, so that a corpus can be text. */
struct input input_of(const uint8_t *data, size_t size, struct str *bytes);
/* The text, without a line feed at its end. */
void text_of(const uint8_t *data, size_t size, struct str *text);

uint8_t input_byte(struct input *in);
/* Small ones, ones of 8 bytes, and those at the ends of the ranges. */
int64_t input_number(struct input *in);
void input_text(struct input *in, struct str *text); /* a byte says how long; any bytes */
/* A value of any type SQLite has, NULL and NaN among them. */
void input_bind(struct input *in, sqlite3_stmt *stmt, int parameter);
/* Overwrites bytes: pairs of a place and a value, until the input is used up. */
void input_patch(struct input *in, uint8_t *bytes, size_t n);

/* A folder in memory, the program's own; gone when it ends (after a crash `run` removes it). */
const char *place(void);
void place_path(struct str *path, const char *name); /* in it */
void place_write(const char *path, const void *bytes, size_t n);
/* Fills the folder anew from an input of blocks: "==> NAME", a line feed, the content, a line
 * feed. A backslash and a zero stand for a NUL byte. */
void place_fill(const char *dir, const uint8_t *data, size_t size);
void place_empty(const char *dir);

/* SQL that must not fail. */
void run_sql(sqlite3 *db, const char *sql);

#endif
