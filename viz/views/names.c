#include "viz/views/names.h"

#define LEVEL_U   18.0f
#define SLANTED_U 50.0f
#define LONGEST_U 62.0f /* of a slanted one; what is longer is cut */
#define ANGLE     (-40)

Names names_below(const Stage *s, const int *at, int n, int cell_w) {
    const TextStyle style = text_style(FACE_BOLD, TYPE_TINY, s->theme->text);
    const int room = cell_w - stage_u(s, 4);
    for (int i = 0; i < n; i++)
        if (canvas_text_width(s->canvas, style, s->labels[at[i]]) > room)
            return (Names){true, stage_u(s, SLANTED_U)};
    return (Names){false, stage_u(s, LEVEL_U)};
}

void names_draw(const Stage *s, Names names, TextStyle style, int x, int y,
                int w, int pos) {
    const char *name = s->labels[pos];
    if (names.slanted) {
        style.angle = ANGLE;
        canvas_text_fit(s->canvas, style, x + w / 4, y + stage_u(s, 12),
                        stage_u(s, LONGEST_U), name);
    } else {
        canvas_text(s->canvas, style, x + stage_u(s, 2), y + stage_u(s, 14),
                    name);
    }
}
