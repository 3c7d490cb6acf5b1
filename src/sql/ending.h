/* Inside sql: where a statement ends, dialect by dialect. Zeroed but for the engine at its start.
 */
#ifndef SQL_ENDING_H
#define SQL_ENDING_H

#include "sql/scan.h"
#include "sql/token.h"

struct ending {
    enum engine_kind engine;
    /* sqlite */
    bool after_semicolon, after_end; /* the last token was ; or an END that followed one */
    bool refused;                    /* sqlite3_complete said no to the first ;: a trigger */
    /* the others */
    unsigned words;  /* seen so far */
    bool makes;      /* its first word is CREATE, or ALTER */
    bool plain;      /* what it makes has no body */
    bool body;       /* has one */
    bool begins;     /* its first word is BEGIN */
    bool after_dot;  /* the last token was . or @ */
    bool closing;    /* the last token was an END that closed a block */
    unsigned parens; /* open ones */
    unsigned blocks;
};

/* A token that is neither blank nor comment. */
void ending_note(struct ending *ending, const struct token *token);
/* Is the semicolon that stands at `semicolon` the last token? E_OK or E_NOMEM. */
int ending_try(struct ending *ending, const struct sql_piece *piece, const char *semicolon,
               bool *ends);
/* May it end with the text? *why stays NULL when it may. E_OK or E_NOMEM. */
int ending_of_text(struct ending *ending, const struct sql_piece *piece, const char **why,
                   const char **hint);

#endif
