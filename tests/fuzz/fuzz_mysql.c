/* A script of any bytes in MySQL's dialect. */
#include "dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_dialect(ENGINE_MYSQL, data, size);
    return 0;
}
