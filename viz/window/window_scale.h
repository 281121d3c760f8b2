/* Window scale: from a window's units to pixels, and how dense those are.
 *
 * Where a desktop scales (Wayland, macOS) a window has more pixels than units;
 * elsewhere both are the same, and the size of the display tells how dense they
 * are.  Arithmetic alone: does NOT ask SDL.
 */
#ifndef VIZ_WINDOW_WINDOW_SCALE_H
#define VIZ_WINDOW_WINDOW_SCALE_H

/* A window and the display that shows it. */
typedef struct WindowScale {
    int units_w, units_h;     /* of the window, as the mouse counts */
    int pixels_w, pixels_h;   /* of the window */
    int display_w, display_h; /* pixels; with dpi alone */
    float dpi_x, dpi_y;       /* 0: not known */
} WindowScale;

/* Pixels where an ordinary display has one: 1 to 4.  A display's size is
 * believed only where it can be one: some tell their shape instead. */
float window_scale_density(const WindowScale *s);

/* A place in the window, in units, as the pixel there; and back. */
int window_scale_x(const WindowScale *s, int x);
int window_scale_y(const WindowScale *s, int y);
int window_scale_units_x(const WindowScale *s, int x);
int window_scale_units_y(const WindowScale *s, int y);

#endif
