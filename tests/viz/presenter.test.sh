#!/bin/sh
# The presenter's window beside the room's: S opens it, keys in it move the
# room, F9 keeps what the room sees while the presenter looks ahead, and without
# the window nothing stays frozen.
. tests/viz/lib.sh
needs Xvfb xdotool /usr/bin/python3
begin_screen 2200x820

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

begin view --lesson who-speaks --no-animation --width 800 --height 600 \
    --minutes 10
until_true "no window" has_windows 1
first=$(cat "$dir/windows")
xdotool windowmove --sync "$first" 0 0 windowfocus --sync "$first"
xdotool mousemove 2199 819
sleep 0.5
xdotool key s
until_true "S opens no second window" has_windows 2
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
until_true "the presenter's window does not close" has_windows 1
until_true "without it the room stays frozen" room_changes "$seen"

xdotool windowfocus --sync "$first"
sleep 0.5 # SDL takes a focus late, and lets go of Ctrl then
quit
echo "presenter: S opens it, keys in it move the room, F9 freezes what that sees"
