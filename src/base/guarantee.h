/* What a tenant can be promised. Strongest first. */
#ifndef BASE_GUARANTEE_H
#define BASE_GUARANTEE_H

enum guarantee {
    GUARANTEE_ATOMIC,      /* the group's decision file settles it; any stock SQLite can */
    GUARANTEE_PREPARED,    /* the server keeps the vote; recover finishes it */
    GUARANTEE_LOGGED,      /* the transaction is held open; recover rolls it forward */
    GUARANTEE_COMPENSATED, /* effects show before the decision; inverse statements undo them */
    GUARANTEES
};

const char *guarantee_name(enum guarantee g);

#endif
