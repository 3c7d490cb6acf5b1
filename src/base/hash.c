#include "base/hash.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/error.h"

/* struct hash is libcrypto's own running digest under our name. */
struct hash *hash_begin(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }
    return (struct hash *)ctx;
}

void hash_add(struct hash *h, const void *bytes, size_t n)
{
    EVP_DigestUpdate((EVP_MD_CTX *)h, bytes, n);
}

void hash_add_text(struct hash *h, const char *text)
{
    hash_add(h, text, strlen(text) + 1);
}

void hash_end(struct hash *h, char text[HASH_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[HASH_SIZE];

    EVP_DigestFinal_ex((EVP_MD_CTX *)h, sum, NULL);
    EVP_MD_CTX_free((EVP_MD_CTX *)h);
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
