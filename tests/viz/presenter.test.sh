#!/bin/sh
# The presenter's window beside the room's: S opens it, keys in it move the
# room, F9 keeps what the room sees while the presenter looks ahead, and without
# the window nothing stays frozen.
set -eu
skip() {
    echo "skip: presenter: $1"
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
    echo "presenter: $1" >&2
    [ ! -s "$dir/err" ] || cat "$dir/err" >&2
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

Xvfb -displayfd 3 -screen 0 2200x820x24 -nolisten tcp -fbdir "$dir" \
    3>"$dir/display" 2>"$dir/xvfb.log" &
xvfb=$!
until_true "Xvfb did not start: $(cat "$dir/xvfb.log")" [ -s "$dir/display" ]
DISPLAY=:$(cat "$dir/display")
export DISPLAY

binary=$(cd "$(dirname "$LLANTERN")" && pwd)/$(basename "$LLANTERN")
(cd "$dir" && exec "$binary" view --lesson who-speaks --no-animation \
    --width 800 --height 600 --minutes 10) 2>"$dir/err" &
app=$!
windows() {
    xdotool search --onlyvisible --name llantern >"$dir/windows" || true
    [ "$(wc -l <"$dir/windows")" -eq "$1" ]
}
# The columns of the screen from $1 to $2, from the dump of its pixels.
part() {
    /usr/bin/python3 - "$dir/Xvfb_screen0" "$1" "$2" <<'P'
import struct, sys, zlib
d = open(sys.argv[1], 'rb').read()
h = struct.unpack('>25I', d[:100])
at, row, left, right = h[0] + h[19] * 12, h[12], *map(int, sys.argv[2:])
print(zlib.crc32(b''.join(d[at + y * row + 4 * left:at + y * row + 4 * right]
                          for y in range(h[5]))))
P
}
room() { part 0 800; }
room_changes() { [ "$(room)" != "$1" ]; }
desk_changes() { [ "$(part 850 2200)" != "$1" ]; }

until_true "no window: $(cat "$dir/err")" windows 1
first=$(cat "$dir/windows")
xdotool windowmove --sync "$first" 0 0 windowfocus --sync "$first"
xdotool mousemove 2199 819
sleep 0.5
xdotool key s
until_true "S opens no second window" windows 2
second=$(grep -v "^$first\$" "$dir/windows")
xdotool windowmove --sync "$second" 850 0 windowfocus --sync "$second"
sleep 1

seen=$(room)
xdotool key space
until_true "Space in the presenter's window does not move the room" \
    room_changes "$seen"
sleep 1

xdotool key F9
sleep 0.5
seen=$(room)
desk=$(part 850 2200)
xdotool key space space
until_true "the presenter does not look ahead" desk_changes "$desk"
sleep 1
room_changes "$seen" && fail "the frozen room has moved"
xdotool key F9
until_true "the room does not follow again" room_changes "$seen"
sleep 0.5

xdotool key F9
sleep 0.5
seen=$(room)
xdotool key space
sleep 1
room_changes "$seen" && fail "the room frozen again has moved"
/usr/bin/python3 tests/viz/close_window.py "$second"
until_true "the presenter's window does not close" windows 1
until_true "without it the room stays frozen" room_changes "$seen"

ended() { ! kill -0 "$app" 2>/dev/null; }
xdotool windowfocus --sync "$first"
sleep 0.5 # SDL takes a focus late, and lets go of Ctrl then
xdotool key ctrl+q
until_true "it does not quit" ended
wait "$app" || fail "it ended with $?: $(cat "$dir/err")"
app=''
echo "presenter: S opens it, keys in it move the room, F9 freezes what that sees"
