/* Clock and randomness: the only places that ask the system for either. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t clock_mono_us(void);                     /* never goes back; for durations and deadlines */
int64_t clock_wall_us(void);                     /* since 1970, UTC */
void clock_text(int64_t wall_us, char text[32]); /* 2026-11-20T20:13:52.123456Z */
int64_t clock_parse_duration_ms(const char *text); /* "250ms" "30s" "10m" "2h"; -1 when wrong */

/* Raises *longest to the time since then; since_us 0: nothing has begun. Any thread. */
void clock_longest(atomic_llong *longest, int64_t since_us);

bool clock_nap_ms(int64_t ms); /* sleeps; true, so that it can stand in a loop's condition */

int random_bytes(void *bytes, size_t n);   /* 0 or E_FATAL */
int random_hex(char *text, size_t digits); /* digits characters and a terminator */

#endif
