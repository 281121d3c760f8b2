#!/bin/sh
# Two real windows of one app: keys in either change both, the mouse marks what
# it is on in one alone, and idle they use no CPU.  Without threads, so that the
# window does the work between its events.
set -eu
model=assets/models/tales.bin
skip() {
    echo "skip: mirror: $1"
    exit 77
}
command -v Xvfb >/dev/null || skip "no Xvfb"
command -v xdotool >/dev/null || skip "no xdotool"
[ -x /usr/bin/python3 ] || skip "no python3"

dir=$(mktemp -d)
XDG_STATE_HOME=$dir/state
export XDG_STATE_HOME
xvfb='' app=''
finish() {
    [ -z "$app" ] || kill "$app" 2>/dev/null || true
    [ -z "$xvfb" ] || kill "$xvfb" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT
fail() {
    echo "mirror: $1" >&2
    exit 1
}
# until_true SENTENCE COMMAND...: tries for ten seconds.
until_true() {
    sentence=$1
    shift
    i=0
    until "$@"; do
        i=$((i + 1))
        [ $i -lt 100 ] || fail "$sentence"
        sleep 0.1
    done
}

: >"$dir/xvfb.log" # it is read before Xvfb may have made it
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -fbdir "$dir" \
    3>"$dir/display" 2>"$dir/xvfb.log" &
xvfb=$!
until_true "Xvfb did not start: $(cat "$dir/xvfb.log")" [ -s "$dir/display" ]
DISPLAY=:$(cat "$dir/display")
export DISPLAY

binary=$(cd "$(dirname "$LLANTERN")" && pwd)/$(basename "$LLANTERN")
model=$(cd "$(dirname "$model")" && pwd)/$(basename "$model")
(cd "$dir" && exec "$binary" view -m "$model" --mirror --no-threads \
    --width 800 --height 600 -p "The cat sat" \
    --state "view=attention layer=0 head=0 token=0") 2>"$dir/err" &
app=$!
two() {
    xdotool search --onlyvisible --name llantern >"$dir/windows" || true
    [ "$(wc -l <"$dir/windows")" -eq 2 ]
}
until_true "no two windows: $(cat "$dir/err")" two
first=$(head -n 1 "$dir/windows")
second=$(tail -n 1 "$dir/windows")
frame() { cksum <"$dir/Xvfb_screen0"; }
other_than() { [ "$(frame)" != "$1" ]; }
same_as() { [ "$(frame)" = "$1" ]; }
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
    until_true "a key does not reach the other window" other_than "$seen"
    sleep 0.3
    moved=$(frame)
    # shellcheck disable=SC2086
    under ${order#* } ${order% *} # the other way round: the same picture
    until_true "they do not show the same" same_as "$moved"
done
xdotool key e
until_true "no picture was saved" [ -s "$dir/llantern-attention-001.png" ]
grep -a -q 'token=2' "$dir/llantern-attention-001.png" ||
    fail "two keys in two windows are not two steps"

# Over one, the mouse marks what it is on, and only there.
under "$second" "$first"
xdotool key Escape
sleep 0.5
plain=$(frame)
xdotool mousemove 508 160 # on the first token of the upper one
until_true "the mouse is not seen" other_than "$plain"
xdotool windowraise "$second" mousemove 1279 799
xdotool key Right Left Escape
until_true "the mouse was seen on both" same_as "$plain"

# Idle: no CPU time goes by.
ticks() { awk '{ print $14 + $15 }' "/proc/$app/stat"; }
sleep 0.5
before=$(ticks)
sleep 2
used=$(($(ticks) - before))
[ "$used" -le 1 ] || fail "idle for 2 s used $used ticks of CPU"

# Closed by its title bar, the second goes alone, and the first goes on.
/usr/bin/python3 tests/viz/close_window.py "$second"
one() {
    xdotool search --onlyvisible --name llantern >"$dir/windows" || true
    [ "$(cat "$dir/windows")" = "$first" ]
}
until_true "closing one window does not leave the other" one
xdotool windowfocus --sync "$first" mousemove 1279 799
sleep 0.5
seen=$(frame)
xdotool key Right
until_true "with one window closed, keys do nothing" other_than "$seen"

ended() { ! kill -0 "$app" 2>/dev/null; }
xdotool key ctrl+q
until_true "it does not quit" ended
wait "$app" || fail "it ended with $?: $(cat "$dir/err")"
app=''
echo "mirror: two windows of one app; keys in either change both"
