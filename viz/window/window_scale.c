/* See the header: integers, so that a click never leaves the picture. */
#include "viz/window/window_scale.h"

#include <math.h>
#include <stdint.h>

#define DPI_ORDINARY 96.f
#define DENSITY_MAX  4.f
/* Diagonals of displays, in inches. */
#define DISPLAY_MIN 9.f
#define DISPLAY_MAX 100.f

/* By the display's size: whole steps, so that it changes few displays. */
static float density_of_display(const WindowScale *s) {
    if (s->dpi_x <= 0 || s->dpi_y <= 0) return 1;
    const float size =
        hypotf((float)s->display_w / s->dpi_x, (float)s->display_h / s->dpi_y);
    if (size < DISPLAY_MIN || size > DISPLAY_MAX) return 1;
    return floorf(fminf(s->dpi_x, s->dpi_y) / DPI_ORDINARY);
}

float window_scale_density(const WindowScale *s) {
    float d = 1;
    if (s->units_w > 0 && s->pixels_w != s->units_w)
        d = (float)s->pixels_w / (float)s->units_w;
    else
        d = density_of_display(s);
    return fminf(fmaxf(d, 1), DENSITY_MAX);
}

/* Outside stays outside: -1 is left of the window. */
static int scaled(int at, int from, int to) {
    if (from < 1 || from == to) return at;
    const int64_t n = (int64_t)at * to;
    return (int)(n >= 0 ? n / from : -((-n + from - 1) / from));
}

int window_scale_x(const WindowScale *s, int x) {
    return scaled(x, s->units_w, s->pixels_w);
}

int window_scale_y(const WindowScale *s, int y) {
    return scaled(y, s->units_h, s->pixels_h);
}

int window_scale_units_x(const WindowScale *s, int x) {
    return scaled(x, s->pixels_w, s->units_w);
}

int window_scale_units_y(const WindowScale *s, int y) {
    return scaled(y, s->pixels_h, s->units_h);
}
