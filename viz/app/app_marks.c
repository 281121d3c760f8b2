/* What a lecturer shows with: pointer, pen and magnifier, of this moment. */
#include "viz/app/app_private.h"

#include <math.h>

#define LENS_FIRST 2.0f
#define LENS_STEP  1.25f

static void changed(App *app) {
    app->marked++;
}

const Marks *app_marks(const App *app) {
    return &app->marks;
}

uint64_t app_marked(const App *app) {
    return app->marked;
}

bool app_shows_ink(const App *app) {
    return !app->black && !scene_covers(app->mode, app->page);
}

void app_next_pointer(App *app) {
    static const char *const names[] = {"off", "a dot", "a spotlight"};
    Marks *m = &app->marks;
    m->pointing = (Pointing)((m->pointing + 1) % (POINTING_SPOT + 1));
    app_say(app, false, "pointer: %s%s", names[m->pointing],
            m->pointing ? " · L: the next · Esc leaves it" : "");
    changed(app);
}

void app_next_pen(App *app) {
    static const char *const names[] = {"put away", "red, a line",
                                        "blue, dashes"};
    Marks *m = &app->marks;
    m->draws = false;
    m->pen = (m->pen + 1) % (MARKS_PENS + 1);
    app_say(app, false, "pen: %s%s", names[m->pen],
            m->pen ? " · Ctrl+Z: back · Delete: clear · Esc puts it away" : "");
    changed(app);
}

void app_toggle_lens(App *app) {
    Marks *m = &app->marks;
    m->lens = m->lens > 1 ? 1 : LENS_FIRST;
    if (m->lens > 1)
        app_say(app, false,
                "magnifier: the mouse moves it, the wheel or Ctrl+= and Ctrl+- "
                "say how large · Esc leaves it");
    changed(app);
}

bool app_zoom_lens(App *app, int steps) {
    Marks *m = &app->marks;
    if (m->lens <= 1) return false;
    m->lens = fminf(fmaxf(m->lens * powf(LENS_STEP, (float)steps), 1.1f),
                    MARKS_LENS_MAX);
    changed(app);
    return true;
}

static void say_full(App *app) {
    marks_release(&app->marks);
    app_say(app, true,
            "all ink is used: %d strokes, %d points; Delete clears a slide",
            MARKS_STROKES_MAX, MARKS_POINTS_MAX);
}

bool app_point(App *app, float x, float y) {
    Marks *m = &app->marks;
    if (!app_shows_ink(app)) marks_release(m); /* it was covered meanwhile */
    const bool shown = m->pointing || m->draws || m->lens > 1;
    if (!marks_move(m, x, y)) say_full(app);
    if (shown) changed(app);
    return m->draws;
}

bool app_point_by(App *app, float x, float y) {
    const Marks *m = &app->marks;
    if (!m->pointing && m->lens <= 1) return false;
    app_point(app, m->x + x, m->y + y);
    return true;
}

bool app_press_pen(App *app) {
    if (app->marks.pen == 0 || !app_shows_ink(app)) return false;
    if (!marks_press(&app->marks, app->slide)) say_full(app);
    changed(app);
    return true;
}

bool app_release_pen(App *app) {
    const bool drew = app->marks.draws;
    marks_release(&app->marks);
    return drew;
}

bool app_undo_pen(App *app, int dir) {
    if (app->marks.pen == 0) return false;
    if (!marks_undo(&app->marks, app->slide, dir))
        app_say(app, false, "no stroke on this slide to %s",
                dir < 0 ? "take back" : "draw again");
    changed(app);
    return true;
}

void app_clear_pen(App *app) {
    if (!marks_clear(&app->marks, app->slide))
        app_say(app, false, "no stroke is on this slide");
    changed(app);
}

bool app_leave_marks(App *app) {
    Marks *m = &app->marks;
    if (!m->pointing && !m->pen && m->lens <= 1) return false;
    m->pointing = POINTING_OFF;
    m->pen = 0;
    m->draws = false;
    m->lens = 1;
    app->message[0] = '\0';
    app_touch(app);
    changed(app);
    return true;
}
