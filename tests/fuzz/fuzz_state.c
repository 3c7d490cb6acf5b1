/* The run log's database with bytes changed, or cut short: it is read or refused with a reason, and
 * a chain that holds is a beginning of what was written. */
#include "book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str bytes = STR_INIT, file = STR_INIT;
    struct input in = input_of(data, size, &bytes);

    str_addn(&file, book_file()->data, book_file()->len);
    if (input_byte(&in) & 1)
        file.len = file.len * input_byte(&in) / 256;
    input_patch(&in, (uint8_t *)file.data, file.len ? file.len : 1);
    book_put(&file);
    book_check(NULL);
    return 0;
}
