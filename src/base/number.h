/* Whole numbers out of text, without what strtoll lets pass: signs, spaces, overflow. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The decimal digits at *at; steps behind them. False (nothing moved): none, or over 64 bits. */
bool number_read(const char **at, uint64_t *n);
/* The whole text is one number up to INT64_MAX. */
bool number_parse(const char *text, int64_t *n);

#endif
