/* Exit codes of the command contract, and how errors map to them. */
#ifndef OP_EXIT_H
#define OP_EXIT_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_NOT_DONE = 1,
    EXIT_USAGE = 2,
    EXIT_PENDING = 3,
    EXIT_IN_DOUBT = 4,
    EXIT_POLICY = 5,
    EXIT_HELD = 6,
    EXIT_SOME = 7,
};

/* From an enum outcome (an error's code) to the exit code. */
int exit_of(int outcome);

#endif
