/* What SDL's keys are called, and what they write where text input is off. */
#include "viz/window/window_private.h"

#include <stdio.h>
#include <string.h>

/* ---- names --------------------------------------------------------------- */

typedef struct KeyName {
    SDL_Keycode code;
    const char *name;
} KeyName;

static const KeyName key_names[] = {
    {SDLK_RIGHT, "Right"},
    {SDLK_LEFT, "Left"},
    {SDLK_UP, "Up"},
    {SDLK_DOWN, "Down"},
    {SDLK_HOME, "Home"},
    {SDLK_END, "End"},
    {SDLK_RETURN, "Enter"},
    {SDLK_KP_ENTER, "Enter"},
    {SDLK_BACKSPACE, "Backspace"},
    {SDLK_DELETE, "Delete"},
    {SDLK_ESCAPE, "Esc"},
    {SDLK_SPACE, "Space"},
    {SDLK_PAGEDOWN, "PageDown"},
    {SDLK_PAGEUP, "PageUp"},
    {SDLK_TAB, "Tab"},
    {SDLK_F1, "F1"},
    {SDLK_F5, "F5"},
    {SDLK_F6, "F6"},
    {SDLK_F7, "F7"},
    {SDLK_F8, "F8"},
    {SDLK_F9, "F9"},
    {SDLK_F10, "F10"},
    {SDLK_APPLICATION, "Menu"},
    {SDLK_MENU, "Menu"},
    {SDLK_F11, "F11"},
};

/* The keypad without NumLock: it has no key codes of its own for that. */
static const KeyName keypad_names[] = {
    {SDLK_KP_6, "Right"},    {SDLK_KP_4, "Left"},   {SDLK_KP_8, "Up"},
    {SDLK_KP_2, "Down"},     {SDLK_KP_7, "Home"},   {SDLK_KP_1, "End"},
    {SDLK_KP_3, "PageDown"}, {SDLK_KP_9, "PageUp"},
};

/* What is written where Ctrl is not held. */
static const KeyName ctrl_names[] = {
    {SDLK_EQUALS, "="},  {SDLK_PLUS, "+"},     {SDLK_MINUS, "-"},
    {SDLK_KP_PLUS, "+"}, {SDLK_KP_MINUS, "-"},
};

static const char *name_in(const KeyName *list, size_t n, SDL_Keycode code) {
    for (size_t i = 0; i < n; i++)
        if (list[i].code == code) return list[i].name;
    return NULL;
}

/* The letter of a key, 0: none.  A layout without Latin letters writes others
 * (beyond Latin's block): there the key's place tells. */
static char letter_of(const SDL_Keysym *key) {
    if (key->sym >= SDLK_a && key->sym <= SDLK_z)
        return (char)('A' + (key->sym - SDLK_a));
    bool other = key->sym > 0xff && !(key->sym & SDLK_SCANCODE_MASK);
    if (other && key->scancode >= SDL_SCANCODE_A &&
        key->scancode <= SDL_SCANCODE_Z)
        return (char)('A' + (key->scancode - SDL_SCANCODE_A));
    return 0;
}

/* All else with Alt is the desktop's, or writes a letter. */
static bool goes_with_alt(const char *name) {
    return strcmp(name, "Left") == 0 || strcmp(name, "Right") == 0;
}

void window_key_name(const SDL_Keysym *key, char *out, size_t size) {
    const bool alt = key->mod & KMOD_ALT;
    char letter[2] = {letter_of(key), 0};
    const char *name = name_in(key_names, SDL_arraysize(key_names), key->sym);
    out[0] = '\0';
    if (!name && !(key->mod & KMOD_NUM))
        name = name_in(keypad_names, SDL_arraysize(keypad_names), key->sym);
    if (key->mod & KMOD_CTRL && !name)
        name = name_in(ctrl_names, SDL_arraysize(ctrl_names), key->sym);
    if (letter[0]) name = letter;
    if (key->mod & (KMOD_SHIFT | KMOD_CTRL) && key->sym >= SDLK_0 &&
        key->sym <= SDLK_9) {
        letter[0] = (char)key->sym;
        name = letter;
    }
    if (!name || key->mod & KMOD_GUI || (alt && !goes_with_alt(name))) return;
    snprintf(out, size, "%s%s%s%s", key->mod & KMOD_CTRL ? "Ctrl+" : "",
             alt ? "Alt+" : "", key->mod & KMOD_SHIFT ? "Shift+" : "", name);
}

/* ---- what keys write ---------------------------------------------------- */

typedef struct WrittenKey {
    SDL_Scancode place;
    char plain, shifted;
} WrittenKey;

/* An American keyboard but for its letters. */
static const WrittenKey written_keys[] = {
    {SDL_SCANCODE_1, '1', '!'},
    {SDL_SCANCODE_2, '2', '@'},
    {SDL_SCANCODE_3, '3', '#'},
    {SDL_SCANCODE_4, '4', '$'},
    {SDL_SCANCODE_5, '5', '%'},
    {SDL_SCANCODE_6, '6', '^'},
    {SDL_SCANCODE_7, '7', '&'},
    {SDL_SCANCODE_8, '8', '*'},
    {SDL_SCANCODE_9, '9', '('},
    {SDL_SCANCODE_0, '0', ')'},
    {SDL_SCANCODE_SPACE, ' ', ' '},
    {SDL_SCANCODE_MINUS, '-', '_'},
    {SDL_SCANCODE_EQUALS, '=', '+'},
    {SDL_SCANCODE_LEFTBRACKET, '[', '{'},
    {SDL_SCANCODE_RIGHTBRACKET, ']', '}'},
    {SDL_SCANCODE_BACKSLASH, '\\', '|'},
    {SDL_SCANCODE_SEMICOLON, ';', ':'},
    {SDL_SCANCODE_APOSTROPHE, '\'', '"'},
    {SDL_SCANCODE_GRAVE, '`', '~'},
    {SDL_SCANCODE_COMMA, ',', '<'},
    {SDL_SCANCODE_PERIOD, '.', '>'},
    {SDL_SCANCODE_SLASH, '/', '?'},
};

static const struct {
    SDL_Keycode code;
    char written;
    bool numlock; /* only with it */
} keypad_written[] = {
    {SDLK_KP_0, '0', true},         {SDLK_KP_1, '1', true},
    {SDLK_KP_2, '2', true},         {SDLK_KP_3, '3', true},
    {SDLK_KP_4, '4', true},         {SDLK_KP_5, '5', true},
    {SDLK_KP_6, '6', true},         {SDLK_KP_7, '7', true},
    {SDLK_KP_8, '8', true},         {SDLK_KP_9, '9', true},
    {SDLK_KP_PERIOD, '.', true},    {SDLK_KP_DIVIDE, '/', false},
    {SDLK_KP_MULTIPLY, '*', false}, {SDLK_KP_MINUS, '-', false},
    {SDLK_KP_PLUS, '+', false},
};

bool window_layout_is_plain(SDL_Keycode (*code_at)(SDL_Scancode place)) {
    for (int i = 0; i < 26; i++)
        if (code_at((SDL_Scancode)(SDL_SCANCODE_A + i)) != SDLK_a + i)
            return false;
    for (size_t i = 0; i < SDL_arraysize(written_keys); i++)
        if (code_at(written_keys[i].place) != written_keys[i].plain)
            return false;
    return true;
}

char window_key_written(const SDL_Keysym *key) {
    const bool shift = key->mod & KMOD_SHIFT;
    if (key->mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI | KMOD_MODE)) return 0;
    if (key->sym >= SDLK_a && key->sym <= SDLK_z) {
        const bool upper = shift != !!(key->mod & KMOD_CAPS);
        return (char)(upper ? key->sym - 'a' + 'A' : key->sym);
    }
    for (size_t i = 0; i < SDL_arraysize(written_keys); i++)
        if (written_keys[i].place == key->scancode)
            return shift ? written_keys[i].shifted : written_keys[i].plain;
    for (size_t i = 0; i < SDL_arraysize(keypad_written); i++)
        if (keypad_written[i].code == key->sym &&
            (key->mod & KMOD_NUM || !keypad_written[i].numlock))
            return keypad_written[i].written;
    return 0;
}
