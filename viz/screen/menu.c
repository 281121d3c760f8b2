/* Which lines a menu has. */
#include "viz/screen/menu.h"

#include <stdio.h>

int menu_views(const Arch *a, MenuLine out[MENU_LINES]) {
    const View *before = NULL, *v;
    int n = 0;
    for (; n < MENU_LINES && (v = view_at(n)); n++, before = v) {
        out[n] = (MenuLine){.key = v->key, .command = CMD_VIEW, .arg = n};
        if (!before || before->family != v->family)
            out[n].group = view_family_title(v->family);
        snprintf(out[n].text, sizeof out[n].text, "%s", view_title(v, a));
    }
    return n;
}
