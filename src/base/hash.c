#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#include "base/error.h"

/* Of the heap, so that nobody else has to know whose digest it is. */
struct hash {
    struct sha256_ctx digest;
};

struct hash *hash_begin(void)
{
    struct hash *h = malloc(sizeof(*h));

    if (h)
        sha256_init(&h->digest);
    return h;
}

void hash_add(struct hash *h, const void *bytes, size_t n)
{
    sha256_update(&h->digest, n, bytes);
}

void hash_add_text(struct hash *h, const char *text)
{
    hash_add(h, text, strlen(text) + 1);
}

void hash_end(struct hash *h, char text[HASH_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[HASH_SIZE];

    sha256_digest(&h->digest, HASH_SIZE, sum);
    free(h);
    for (size_t i = 0; i < HASH_SIZE; i++) {
        text[2 * i] = digits[sum[i] >> 4];
        text[2 * i + 1] = digits[sum[i] & 15];
    }
    text[2 * HASH_SIZE] = '\0';
}

int hash_text(const void *bytes, size_t n, char text[HASH_TEXT])
{
    struct hash *h = hash_begin();

    if (!h)
        return E_NOMEM;
    hash_add(h, bytes, n);
    hash_end(h, text);
    return E_OK;
}
