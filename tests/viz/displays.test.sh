#!/bin/sh
# Two displays without hardware (Xorg's dummy driver has outputs that can be
# switched on and off): the presenter's window comes onto the other display by
# itself, Shift+S swaps the two, a display that goes while it runs loses
# nothing, and one that comes back is used again.
. tests/viz/lib.sh
needs Xorg xrandr openbox xdotool
[ -e /usr/lib/xorg/modules/drivers/dummy_drv.so ] || skip "no dummy driver"
[ "$(id -u)" -eq 0 ] || skip "Xorg without a console needs root"

places=':'
also_say() {
    xrandr 2>/dev/null | grep -v disconnected || true
    sh -c "$places" || true
}

cat >"$dir/xorg.conf" <<'C'
Section "Device"
    Identifier "device"
    Driver "dummy"
    VideoRam 65536
EndSection
Section "Screen"
    Identifier "screen"
    Device "device"
    DefaultDepth 24
    SubSection "Display"
        Depth 24
        Virtual 2048 768
        Modes "1024x768"
    EndSubSection
EndSection
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "DontVTSwitch" "true"
EndSection
C
Xorg -displayfd 3 -config "$dir/xorg.conf" -logfile "$dir/xorg.log" -noreset \
    -novtswitch -sharevts -nolisten tcp 3>"$dir/display" 2>"$dir/xorg.err" &
helpers=$!
until_true "Xorg did not start" grep -q . "$dir/display"
DISPLAY=:$(cat "$dir/display")
export DISPLAY

# Asked for its outputs the server looks which are there; SDL asks for what it
# knows.
display_on() {
    xrandr --output DUMMY1 --mode 1024x768 --right-of DUMMY0
    xrandr >"$dir/outputs"
}
display_off() { xrandr --output DUMMY1 --off; }
xrandr --addmode DUMMY1 1024x768
display_on
openbox --sm-disable 2>"$dir/openbox.err" &
helpers="$! $helpers"
managed() { xdotool get_num_desktops >/dev/null 2>&1; }
until_true "openbox did not start" managed

begin view --lesson who-speaks --no-animation --width 640 --height 480
# place WINDOW: sets X, Y, WIDTH and HEIGHT.
place() { eval "$(xdotool getwindowgeometry --shell "$1")"; }
# fills WINDOW DISPLAY; is_inside WINDOW DISPLAY, but for the height of a frame,
# which xdotool counts twice.
fills() {
    place "$1"
    [ "$X $Y $WIDTH $HEIGHT" = "$(($2 * 1024)) 0 1024 768" ]
}
is_inside() {
    place "$1"
    [ "$X" -ge $(($2 * 1024)) ] && [ $((X + WIDTH)) -le $(($2 * 1024 + 1024)) ] &&
        [ "$Y" -ge 0 ] && [ $((Y + HEIGHT)) -le 800 ]
}
is_small_inside() { is_inside "$1" "$2" && ! fills "$1" "$2"; }
# keys WINDOW KEY...: SDL takes a focus up to a fifth of a second later, and lets
# go of keys that are held then: Shift would be lost.
keys() {
    xdotool windowfocus --sync "$1"
    shift
    sleep 0.5
    xdotool key "$@"
}
saves=0
# Where the lesson is, asked for by saving the picture: is_at SLIDE BEAT
is_at() {
    saves=$((saves + 1))
    xdotool key e
    until_true "no picture was saved" is_saved_number $saves
    grep -a -q "slide=$1 beat=$2" "$dir"/llantern-*-"$(printf %03d $saves)".png ||
        fail "not at slide=$1 beat=$2"
}
is_saved_number() {
    ls "$dir"/llantern-*-"$(printf %03d "$1")".png >/dev/null 2>&1
}

until_true "no window" has_windows 1
room=$(cat "$dir/windows")
places="for w in $room; do xdotool getwindowgeometry \$w; done"
keys "$room" F8 s
until_true "S opens no second window" has_windows 2
desk=$(grep -v "^$room\$" "$dir/windows")
places="for w in $room $desk; do xdotool getwindowgeometry \$w; done"
until_true "the room's window does not fill the second display" fills "$room" 1
until_true "the presenter's is not on the first" is_inside "$desk" 0

keys "$desk" shift+s
until_true "swapped, the room's does not fill the first" fills "$room" 0
until_true "swapped, the presenter's is not on the second" is_inside "$desk" 1
xdotool key shift+s
until_true "the room's does not go back" fills "$room" 1
until_true "the presenter's does not go back" is_inside "$desk" 0
keys "$desk" space space

# The room's display goes: both windows are seen on the other one.
display_off
until_true "the room's window is lost or covers all" is_small_inside "$room" 0
until_true "the presenter's window is lost" is_inside "$desk" 0
has_windows 2 || fail "a window is gone"
xdotool windowfocus --sync "$desk"
sleep 0.5
is_at 2 0
display_on
until_true "on two again, the room's does not fill the second" fills "$room" 1
until_true "on two again, the presenter's is not on the first" \
    is_inside "$desk" 0

# The presenter's display goes.
keys "$desk" shift+s
until_true "the room's does not fill the first" fills "$room" 0
until_true "the presenter's is not on the second" is_inside "$desk" 1
display_off
until_true "the presenter's window is lost" is_inside "$desk" 0
until_true "the room's window covers it" is_small_inside "$room" 0
keys "$desk" space
is_at 2 1

keys "$room" ctrl+q
has_ended
echo "displays: the two windows find theirs, swap, and survive one that goes"
