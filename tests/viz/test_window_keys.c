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
        {SDL_SCANCODE_1, SDLK_1, KMOD_SHIFT, "Shift+1"}, /* a view's */
        {SDL_SCANCODE_0, SDLK_0, KMOD_CTRL, "Ctrl+0"},
        {SDL_SCANCODE_0, SDLK_0, 0, ""}, /* written */
        {SDL_SCANCODE_EQUALS, SDLK_EQUALS, KMOD_CTRL, "Ctrl+="},
        {SDL_SCANCODE_EQUALS, SDLK_EQUALS, KMOD_CTRL | KMOD_SHIFT,
         "Ctrl+Shift+="},
        {SDL_SCANCODE_RIGHTBRACKET, SDLK_PLUS, KMOD_CTRL, "Ctrl++"},
        {SDL_SCANCODE_SLASH, SDLK_MINUS, KMOD_CTRL, "Ctrl+-"},
        {SDL_SCANCODE_KP_MINUS, SDLK_KP_MINUS, KMOD_CTRL | KMOD_NUM, "Ctrl+-"},
        {SDL_SCANCODE_MINUS, SDLK_MINUS, 0, ""}, /* written */
        {SDL_SCANCODE_F6, SDLK_F6, 0, "F6"},
        {SDL_SCANCODE_F7, SDLK_F7, 0, "F7"},
        {SDL_SCANCODE_F8, SDLK_F8, 0, "F8"},
        {SDL_SCANCODE_F10, SDLK_F10, 0, "F10"},
        {SDL_SCANCODE_LEFT, SDLK_LEFT, KMOD_LALT, "Alt+Left"},
        {SDL_SCANCODE_RIGHT, SDLK_RIGHT, KMOD_RALT | KMOD_NUM, "Alt+Right"},
        {SDL_SCANCODE_UP, SDLK_UP, KMOD_LALT, ""}, /* the desktop's */
        {SDL_SCANCODE_TAB, SDLK_TAB, KMOD_LALT, ""},
        {SDL_SCANCODE_Q, SDLK_q, KMOD_RALT, ""}, /* may write @ */
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

static SDL_Keycode american(SDL_Scancode place) {
    static const char digits[] = "1234567890";
    static const struct {
        SDL_Scancode place;
        char c;
    } others[] = {
        {SDL_SCANCODE_SPACE, ' '},        {SDL_SCANCODE_MINUS, '-'},
        {SDL_SCANCODE_EQUALS, '='},       {SDL_SCANCODE_LEFTBRACKET, '['},
        {SDL_SCANCODE_RIGHTBRACKET, ']'}, {SDL_SCANCODE_BACKSLASH, '\\'},
        {SDL_SCANCODE_SEMICOLON, ';'},    {SDL_SCANCODE_APOSTROPHE, '\''},
        {SDL_SCANCODE_GRAVE, '`'},        {SDL_SCANCODE_COMMA, ','},
        {SDL_SCANCODE_PERIOD, '.'},       {SDL_SCANCODE_SLASH, '/'},
    };
    if (place >= SDL_SCANCODE_A && place <= SDL_SCANCODE_Z)
        return SDLK_a + (place - SDL_SCANCODE_A);
    if (place >= SDL_SCANCODE_1 && place <= SDL_SCANCODE_0)
        return digits[place - SDL_SCANCODE_1];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].place == place) return others[i].c;
    return 0;
}

static SDL_Keycode french(SDL_Scancode place) {
    if (place == SDL_SCANCODE_Q) return SDLK_a;
    return place == SDL_SCANCODE_1 ? '&' : american(place);
}

static SDL_Keycode german(SDL_Scancode place) {
    return place == SDL_SCANCODE_SLASH ? '-' : american(place);
}

START_TEST(an_american_layout_says_what_it_writes) {
    ck_assert(window_layout_is_plain(american));
    ck_assert(!window_layout_is_plain(french));
    ck_assert(!window_layout_is_plain(german));
    static const struct {
        SDL_Scancode place;
        int mod;
        char written;
    } keys[] = {
        {SDL_SCANCODE_A, 0, 'a'},
        {SDL_SCANCODE_A, KMOD_LSHIFT, 'A'},
        {SDL_SCANCODE_A, KMOD_CAPS, 'A'},
        {SDL_SCANCODE_A, KMOD_CAPS | KMOD_RSHIFT, 'a'},
        {SDL_SCANCODE_SLASH, 0, '/'},
        {SDL_SCANCODE_SLASH, KMOD_SHIFT, '?'},
        {SDL_SCANCODE_SLASH, KMOD_CAPS, '/'},
        {SDL_SCANCODE_EQUALS, KMOD_SHIFT, '+'},
        {SDL_SCANCODE_COMMA, KMOD_SHIFT, '<'},
        {SDL_SCANCODE_LEFTBRACKET, 0, '['},
        {SDL_SCANCODE_2, KMOD_SHIFT, '@'},
        {SDL_SCANCODE_SPACE, 0, ' '},
        {SDL_SCANCODE_C, KMOD_LCTRL, 0},
        {SDL_SCANCODE_SLASH, KMOD_RALT, 0},
        {SDL_SCANCODE_RETURN, 0, 0},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        SDL_Keysym key = {.scancode = keys[i].place,
                          .sym = american(keys[i].place),
                          .mod = (Uint16)keys[i].mod};
        ck_assert_int_eq(window_key_written(&key), keys[i].written);
    }
    SDL_Keysym six = {SDL_SCANCODE_KP_6, SDLK_KP_6, KMOD_NUM, 0};
    ck_assert_int_eq(window_key_written(&six), '6');
    six.mod = 0; /* an arrow */
    ck_assert_int_eq(window_key_written(&six), 0);
}
END_TEST

TEST_MAIN("window_keys", keys_have_names_on_every_layout,
          an_american_layout_says_what_it_writes)
