#include "op/exit.h"

#include "base/error.h"

int exit_of(int outcome)
{
    switch (outcome) {
    case E_OK:
        return EXIT_DONE;
    case E_INVALID:
    case E_MISSING:
        return EXIT_USAGE;
    case E_POLICY:
        return EXIT_POLICY;
    case E_DOUBT:
        return EXIT_IN_DOUBT;
    case E_HELD:
        return EXIT_HELD;
    }
    return EXIT_NOT_DONE;
}
