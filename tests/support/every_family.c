#include "tests/support/every_family.h"

#include "tests/support/tiny_model.h"

static int run_from(TinyFamily first, const char *name,
                    const TTest *const *tests, size_t n) {
    static const char *const names[TINY_FAMILIES] = {"", " gpt2", " qwen2",
                                                     " qwen3", " gemma"};
    int failed = 0;
    for (int f = (int)first; f < TINY_FAMILIES; f++) {
        char suite[64];
        snprintf(suite, sizeof suite, "%s%s", name, names[f]);
        tiny_family_now = (TinyFamily)f;
        failed |= test_run(suite, tests, n);
    }
    tiny_family_now = TINY_LLAMA;
    return failed;
}

int tiny_run_families(const char *name, const TTest *const *tests, size_t n) {
    return run_from(TINY_LLAMA, name, tests, n);
}

int tiny_run_others(const char *name, const TTest *const *tests, size_t n) {
    return run_from((TinyFamily)(TINY_LLAMA + 1), name, tests, n);
}
