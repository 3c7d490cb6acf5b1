/* SHA-256 (nettle: libcrypto takes longer to load than a command to run) and its hex form. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>

#define HASH_SIZE 32
#define HASH_TEXT 65 /* 64 hex digits and the terminator */

struct hash; /* a running hash */

struct hash *hash_begin(void); /* NULL when out of memory */
void hash_add(struct hash *h, const void *bytes, size_t n);
void hash_add_text(struct hash *h, const char *text); /* with its terminator: unambiguous lists */
void hash_end(struct hash *h, char text[HASH_TEXT]);  /* frees h */

/* One call for all. */
int hash_text(const void *bytes, size_t n, char text[HASH_TEXT]); /* 0 or E_NOMEM */

#endif
