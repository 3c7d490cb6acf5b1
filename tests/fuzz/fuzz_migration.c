/* A script of any bytes in SQLite's dialect: history keeps its canonical text, and an undo runs it.
 */
#include "dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_dialect(ENGINE_SQLITE, data, size);
    return 0;
}
