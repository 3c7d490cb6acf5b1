/* A run log of two runs, for the targets that damage it, and what must hold of it all the same. */
#ifndef TESTS_FUZZ_BOOK_H
#define TESTS_FUZZ_BOOK_H

#include "base/str.h"
#include "fuzz.h"

/* The folder of a store; its path is set once. */
const char *book_dir(void);
/* state.db as it was written; the same bytes each time. */
const struct str *book_file(void);
/* Puts these bytes there in its place. */
void book_put(const struct str *file);

/* Reads what is there in every way. A chain that holds is a beginning of what was written; with
 * rows (book_rows), of the rows that were written, value for value. */
void book_check(const struct str *rows);
/* Every value of the log, with its type, as text; of an open database, in order. */
void book_rows(sqlite3 *db, struct str *rows);
/* The database, to be changed in a transaction that is under way. */
sqlite3 *book_open(void);

#endif
