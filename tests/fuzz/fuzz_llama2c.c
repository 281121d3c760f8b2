/* llama2.c model files. */
#include "tests/fuzz/fuzz.h"

#define NAME "f.bin"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Err err = {0};
    /* Another kind of file is for another target. */
    if (size > 9 && memcmp(data + 8, "{\"", 2) == 0) return 0;
    Model *m = model_open_memory(NAME, data, size, &err);
    if (!m) return fuzz_refused(&err, NAME);
    fuzz_must(holds_model(m, data, size));
    model_close(m);
    return 0;
}
