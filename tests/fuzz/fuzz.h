/* What the targets share: an input as text of its own, and a promise that ends the program. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(held, what)                                                                        \
    do {                                                                                           \
        if (!(held)) {                                                                             \
            fprintf(stderr, "broken promise: %s\n", what);                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
