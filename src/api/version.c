#include "lockstep.h"

const char *lockstep_version(void)
{
    return LOCKSTEP_VERSION;
}
