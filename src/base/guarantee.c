#include "base/guarantee.h"

const char *guarantee_name(enum guarantee g)
{
    static const char *const names[GUARANTEES] = {"atomic", "prepared", "logged", "compensated"};

    return names[g];
}
