#!/bin/sh
# A real window that opens the start page: one key begins, what was done is kept
# in one file, the next start goes on there; a damaged file is told in a line;
# with --no-history nothing is kept.
. tests/viz/lib.sh
needs Xvfb xdotool
begin_screen 1024x768
HOME=$dir/home
export HOME
kept=$dir/state/llantern/history

begin_anew() { # begin_anew OPTION...
    begin "$@"
    take_keyboard
}
# A picture of where one is, and what it says of that.
a_picture_is_there() { ls "$dir"/llantern-*.png >/dev/null 2>&1; }
is_at() {
    rm -f "$dir"/llantern-*.png
    xdotool key e
    until_true "no picture was saved" a_picture_is_there
    grep -a -q "$1" "$dir"/llantern-*.png ||
        fail "it is not at $1 but $(grep -a -o "view=[^\"]*" "$dir"/llantern-*.png | head -n 1)"
}

begin_anew
[ ! -e "$kept" ] || fail "something is kept before anything was done"
xdotool key Return space
is_at 'slide=1 beat=1'
quit
[ ! -s "$dir/err" ] || fail "it says: $(cat "$dir/err")"
printf 'llantern history 1\nlesson 1 1 4 1 - predict\n' | cmp -s - "$kept" ||
    fail "kept is: $(cat "$kept")"
[ ! -e "$HOME" ] || fail "something was written to HOME"

begin_anew # and goes on there
xdotool key space
is_at 'slide=1 beat=1'
xdotool key ctrl+Home Down Down Right Return # the second slide's lesson
is_at 'op=map'
quit

cp "$kept" "$dir/before"
begin_anew --no-history
xdotool key space space
is_at 'slide=1 beat=1'
quit
cmp -s "$kept" "$dir/before" || fail "--no-history wrote"

echo 'llantern history 1
lesson ?' >"$kept"
begin_anew
xdotool key Return
is_at 'slide=1 beat=0'
quit
[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "of damage it says: $(cat "$dir/err")"
grep -q 'history: line 2: ' "$dir/err" || fail "no place of the damage"

echo "start: one key begins, the next start goes on, damage is a line"
