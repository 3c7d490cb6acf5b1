/*
 * A JSON document under construction. Putting never reports: a failed allocation is remembered and
 * shows when the document is written. A NULL parent is a parent that could not be made.
 */
#ifndef CLI_DOC_H
#define CLI_DOC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct str;

struct doc {
    json_t *root; /* owned; NULL until the first doc_root() */
    bool failed;
};

json_t *doc_root(struct doc *d); /* {"format": 1, ...} */
json_t *doc_object(struct doc *d, json_t *in, const char *key);
json_t *doc_list(struct doc *d, json_t *in, const char *key);
json_t *doc_item(struct doc *d, json_t *list); /* a new object at its end */
void doc_put(struct doc *d, json_t *in, const char *key, json_t *value);     /* takes value */
void doc_text(struct doc *d, json_t *in, const char *key, const char *text); /* NULL: null */
void doc_str(struct doc *d, json_t *in, const char *key, const struct str *text);
void doc_int(struct doc *d, json_t *in, const char *key, int64_t n);
void doc_real(struct doc *d, json_t *in, const char *key, double n);
void doc_bool(struct doc *d, json_t *in, const char *key, bool yes);
void doc_add_text(struct doc *d, json_t *list, const char *text);
/* What an error says, into an object: message, and where it happened as far as known. */
void doc_error(struct doc *d, json_t *in, const struct error *why);
void doc_reset(struct doc *d);

/* Text that is not UTF-8 (a file name) gets U+FFFD where it is not. */
json_t *doc_utf8(const char *text);

#endif
