/* What a key of SDL's is called: by what it writes, on layouts without Latin
 * letters by its place. */
#include "tests/support/test.h"
#include "viz/window/window_private.h"

#include <string.h>

START_TEST(keys_have_names_on_every_layout) {
    static const struct {
        SDL_Scancode place;
        SDL_Keycode sym;
        int mod;
        const char *name;
    } keys[] = {
        {SDL_SCANCODE_T, SDLK_t, 0, "T"},
        {SDL_SCANCODE_Q, SDLK_a, 0, "A"}, /* AZERTY: what it writes */
        {SDL_SCANCODE_T, 0x435, 0, "T"},  /* Cyrillic */
        {SDL_SCANCODE_C, 0x441, KMOD_CTRL, "Ctrl+C"},
        {SDL_SCANCODE_Z, 0x3b6, KMOD_LCTRL | KMOD_LSHIFT, "Ctrl+Shift+Z"},
        {SDL_SCANCODE_F, 0x5db, 0, "F"},        /* Hebrew */
        {SDL_SCANCODE_SEMICOLON, 0xf6, 0, ""},  /* ö is no letter key */
        {SDL_SCANCODE_SEMICOLON, 0x436, 0, ""}, /* nor is a place without */
        {SDL_SCANCODE_KP_6, SDLK_KP_6, 0, "Right"},
        {SDL_SCANCODE_KP_8, SDLK_KP_8, KMOD_SHIFT, "Shift+Up"},
        {SDL_SCANCODE_KP_3, SDLK_KP_3, 0, "PageDown"},
        {SDL_SCANCODE_KP_6, SDLK_KP_6, KMOD_NUM, ""}, /* written: a 6 */
        {SDL_SCANCODE_RIGHT, SDLK_RIGHT, KMOD_NUM, "Right"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char name[32];
        SDL_Keysym key = {.scancode = keys[i].place,
                          .sym = keys[i].sym,
                          .mod = (Uint16)keys[i].mod};
        window_key_name(&key, name, sizeof name);
        ck_assert_str_eq(name, keys[i].name);
    }
}
END_TEST

TEST_MAIN("window_keys", keys_have_names_on_every_layout)
