/* The hash chain through the run log. Inside the store. */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include "store/log.h"

void chain_start(char hash[HASH_TEXT]); /* what the first event follows: 64 zeros */
/* The hash of this event behind `before`. 0 or E_NOMEM. */
int chain_hash(const char *before, const struct log_event *event, char hash[HASH_TEXT]);

#endif
