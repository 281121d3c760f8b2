#!/bin/sh
# Two real windows of one app: keys in either change both, the mouse marks what
# it is on in one alone, and idle they use no CPU.  Without threads, so that the
# window does the work between its events.
. tests/viz/lib.sh
needs Xvfb xdotool /usr/bin/python3
begin_screen 1280x800

begin view -m "$PWD/assets/models/tales.bin" --mirror --no-threads \
    --width 800 --height 600 -p "The cat sat" \
    --state "view=attention layer=0 head=0 token=0"
until_true "no two windows" has_windows 2
first=$(head -n 1 "$dir/windows")
second=$(tail -n 1 "$dir/windows")
# They stand at one place, so that only the upper one is seen.
under() { # under LOWER UPPER
    xdotool windowmove --sync "$1" 100 100 windowmove --sync "$2" 100 100
    xdotool windowraise "$2" windowfocus --sync "$1" mousemove 1279 799
    sleep 0.5
}

# A key in the window below changes the picture of the one above.
for order in "$first $second" "$second $first"; do
    # shellcheck disable=SC2086
    under $order
    seen=$(frame)
    xdotool key Right
    until_true "a key does not reach the other window" shows_other_than "$seen"
    sleep 0.3
    moved=$(frame)
    # shellcheck disable=SC2086
    under ${order#* } ${order% *} # the other way round: the same picture
    until_true "they do not show the same" shows "$moved"
done
xdotool key e
saved llantern-attention-001.png
grep -a -q 'token=2' "$dir/llantern-attention-001.png" ||
    fail "two keys in two windows are not two steps"

# Over one, the mouse marks what it is on, and only there.
under "$second" "$first"
xdotool key Escape
sleep 0.5
plain=$(frame)
xdotool mousemove 508 160 # on the first token of the upper one
until_true "the mouse is not seen" shows_other_than "$plain"
xdotool windowraise "$second" mousemove 1279 799
xdotool key Right Left Escape
until_true "the mouse was seen on both" shows "$plain"

sleep 0.5
is_idle "with two windows"

# Closed by its title bar, the second goes alone, and the first goes on.
/usr/bin/python3 tests/viz/close_window.py "$second"
until_true "closing one window does not leave the other" has_windows 1
[ "$(cat "$dir/windows")" = "$first" ] || fail "the wrong window was closed"
xdotool windowfocus --sync "$first" mousemove 1279 799
sleep 0.5
seen=$(frame)
xdotool key Right
until_true "with one window closed, keys do nothing" shows_other_than "$seen"
quit
echo "mirror: two windows of one app; keys in either change both"
