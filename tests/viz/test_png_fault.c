/* Memory running out while a picture is encoded or its state read, libpng's
 * and zlib's own allocations too: one clean error, nothing leaked. */
#include "viz/paint/png.h"

#include "tests/support/fault.h"
#include "tests/support/folder.h"

#include <stdlib.h>
#include <string.h>

static const char text[] = "view=heads layer=1 prompt=\"a b\"";

static bool encode(uint8_t **out, size_t *size, Err *err) {
    static const uint32_t pixels[64] = {0xFF0000, 0x00FF00, 0x0000FF};
    const Pixmap p = {
        .px = (uint32_t *)(uintptr_t)pixels, .w = 8, .h = 8, .stride = 8};
    return png_encode(&p, (PngTexts){text, "tiny", NULL}, out, size, err);
}

static bool encode_step(void *ud, Err *err) {
    uint8_t *out = NULL;
    size_t size;
    (void)ud;
    const bool ok = encode(&out, &size, err);
    if (ok) free(out);
    return ok || out != NULL; /* nothing is handed out in failing */
}

START_TEST(encoding) {
    ck_assert_int_ge(fault_each(encode_step, NULL), 8);
}
END_TEST

static bool read_step(void *ud, Err *err) {
    char *state = png_read_state(ud, err);
    const bool ok = state && strcmp(state, text) == 0;
    free(state);
    return ok;
}

START_TEST(reading_the_state) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    uint8_t *out;
    size_t size;
    ck_assert(encode(&out, &size, NULL));
    folder_make(dir);
    folder_write(dir, "p.png", out, size);
    folder_path(path, dir, "p.png");
    ck_assert_int_ge(fault_each(read_step, path), 6);
    free(out);
    folder_remove(dir);
}
END_TEST

TEST_MAIN("png_fault", encoding, reading_the_state)
