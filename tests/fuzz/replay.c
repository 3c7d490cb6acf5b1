/* Runs files through a target without a fuzzer: the corpus as a unit test. Prints TAP. */
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "fuzz.h"

enum { LARGEST = 1 << 20 };

int main(int argc, char **argv)
{
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        CLEANUP_STR struct str text = STR_INIT;

        if (file_read(argv[i], LARGEST, &text, NULL) != E_OK)
            return 1;
        LLVMFuzzerTestOneInput((const uint8_t *)str_text(&text), text.len);
        printf("ok %d - %s\n", i, argv[i]);
    }
    return 0;
}
