/* model.safetensors beside a config.json that asks for a tiny model. */
#include "tests/fuzz/fuzz.h"
#include "tests/support/hf_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static HfFolder folder; /* the fuzzer's calls have nothing else in common */
    char path[FOLDER_PATH_MAX];
    Err err = {0};
    hf_folder_make(&folder, 1);
    folder_path(path, folder.dir, "f.safetensors");
    Model *m = model_open_memory(path, data, size, &err);
    if (!m) return fuzz_refused(&err, path);
    fuzz_must(holds_model(m, data, size));
    model_close(m);
    return 0;
}
