#!/bin/sh
# The window on Wayland, on a display of two pixels a unit: it appears, is drawn
# at the display's own resolution, and takes keys and clicks where they are.
# The compositor, weston, shows what it composes in a window of Xvfb's.
. tests/viz/lib.sh
needs Xvfb weston xdotool /usr/bin/python3
also_say() { tail -n 5 "$dir"/*.log; }
begin_screen 1440x900
XDG_RUNTIME_DIR=$dir
export XDG_RUNTIME_DIR
printf '[core]\nidle-time=0\n[shell]\npanel-position=none\nlocking=false\n' \
    >"$dir/weston.ini"
weston --config="$dir/weston.ini" --backend=x11-backend.so --use-pixman \
    --socket=wayland-test --width=720 --height=450 --scale=2 \
    >"$dir/weston.log" 2>&1 &
helpers="$! $helpers"
until_true "weston did not start" test -S "$dir/wayland-test"

x_display=$DISPLAY
WAYLAND_DISPLAY=wayland-test SDL_VIDEODRIVER=wayland DISPLAY=''
export WAYLAND_DISPLAY SDL_VIDEODRIVER
begin view --fullscreen \
    --state 'slide=1 beat=1 view=attention layer=0 head=0 token=-1
        prompt="The cat sat"'
DISPLAY=$x_display

# look WHAT: prints something about the screen's picture (an XWD file).
look() {
    /usr/bin/python3 - "$dir/Xvfb_screen0" "$1" <<'PY'
import sys, numpy
data = open(sys.argv[1], "rb").read()
head = numpy.frombuffer(data, ">u4", 25)
begin = int(head[0]) + 12 * int(head[19])
w, h, line = int(head[4]), int(head[5]), int(head[12])
rows = numpy.frombuffer(data, numpy.uint8, line * h, begin).reshape(h, line)
px = rows[:, :4 * w].reshape(h, w, 4)[:, :, :3].astype(int)
if sys.argv[2] == "light":   # part of it as light as the light theme's ground
    print(int((px.min(axis=2) > 220).mean() * 100))
else:                        # squares of 2 x 2 pixels of several colours
    first = px[0::2, 0::2]
    same = ((first == px[1::2, 0::2]) & (first == px[0::2, 1::2]) &
            (first == px[1::2, 1::2])).all(axis=2)
    print(int((~same).sum()))
PY
}
is_light() { [ "$(look light)" -ge 50 ]; }
until_true "no window is seen" is_light

xdotool mousemove 720 450
# Without a window manager keys go to where the mouse is; they arrive once the
# compositor has given the focus.
presses() {
    xdotool key --clearmodifiers e
    sleep 0.3
    is_saved llantern-attention-001.png
}
until_true "keys do not arrive" presses
has llantern-attention-001.png 'prompt="The cat sat"'

# The cell of the fourth row and second column, where the display shows it.  The
# compositor moves its pointer by as much as the mouse, from wherever both were
# when its window appeared; after two corners they are in one place.
clicked() {
    for place in '1439 899' '0 0' '860 625'; do
        xdotool mousemove $place
        sleep 0.3
    done
    xdotool click 1
    sleep 0.3
    xdotool key --clearmodifiers e
    sleep 0.3
    grep -a -l 'token=3 key=1' "$dir"/*.png >/dev/null
}
until_true "a click does not arrive where it is" clicked

# Blown up from half the pixels, all would be made of squares of one colour.
mixed=$(look squares)
[ "$mixed" -gt 2000 ] || fail "only $mixed squares of 2 x 2 pixels are mixed"
echo "wayland: a window at its display's resolution; keys and clicks arrive"
