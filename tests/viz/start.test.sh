#!/bin/sh
# A real window that opens the start page: one key begins, what was done is kept
# in one file, the next start goes on there; a damaged file is told in a line;
# with --no-history nothing is kept.
set -eu
skip() {
    echo "skip: start: $1"
    exit 77
}
command -v Xvfb >/dev/null || skip "no Xvfb"
command -v xdotool >/dev/null || skip "no xdotool"

dir=$(mktemp -d)
XDG_STATE_HOME=$dir/state
HOME=$dir/home
export XDG_STATE_HOME HOME
kept=$dir/state/llantern/history
xvfb='' app=''
finish() {
    [ -z "$app" ] || kill "$app" 2>/dev/null || true
    [ -z "$xvfb" ] || kill "$xvfb" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT
fail() {
    echo "start: $1" >&2
    exit 1
}

Xvfb -displayfd 3 -screen 0 1024x768x24 -nolisten tcp \
    3>"$dir/display" 2>"$dir/xvfb.log" &
xvfb=$!
i=0
until [ -s "$dir/display" ]; do
    i=$((i + 1))
    [ $i -lt 100 ] || fail "Xvfb did not start: $(cat "$dir/xvfb.log")"
    sleep 0.1
done
DISPLAY=:$(cat "$dir/display")
export DISPLAY

binary=$(cd "$(dirname "$LLANTERN")" && pwd)/$(basename "$LLANTERN")
# begin OPTION...: the program in its window, with the keyboard.
begin() {
    (cd "$dir" && exec "$binary" "$@") 2>"$dir/err" &
    app=$!
    xdotool search --sync --onlyvisible --name llantern >"$dir/window" ||
        fail "no window: $(cat "$dir/err")"
    xdotool windowfocus "$(head -n 1 "$dir/window")" 2>/dev/null || true
}
leave() {
    xdotool key ctrl+q
    i=0
    while kill -0 "$app" 2>/dev/null; do
        i=$((i + 1))
        [ $i -lt 100 ] || fail "it does not quit"
        sleep 0.1
    done
    wait "$app" || fail "it ended with $?: $(cat "$dir/err")"
    app=''
}
# A picture of where one is, and what it says of that.
is_at() {
    rm -f "$dir"/llantern-*.png
    xdotool key e
    i=0
    until ls "$dir"/llantern-*.png >/dev/null 2>&1; do
        i=$((i + 1))
        [ $i -lt 100 ] || fail "no picture was saved"
        sleep 0.1
    done
    grep -a -q "$1" "$dir"/llantern-*.png ||
        fail "it is not at $1 but $(grep -a -o "view=[^\"]*" "$dir"/llantern-*.png | head -n 1)"
}

begin
[ ! -e "$kept" ] || fail "something is kept before anything was done"
xdotool key Return space
is_at 'slide=1 beat=1'
leave
[ ! -s "$dir/err" ] || fail "it says: $(cat "$dir/err")"
printf 'llantern history 1\nlesson 1 1 4 1 - predict\n' | cmp -s - "$kept" ||
    fail "kept is: $(cat "$kept")"
[ ! -e "$HOME" ] || fail "something was written to HOME"

begin # and goes on there
xdotool key space
is_at 'slide=1 beat=1'
xdotool key ctrl+Home Down Down Right Return # the second slide's lesson
is_at 'op=map'
leave

cp "$kept" "$dir/before"
begin --no-history
xdotool key space space
is_at 'slide=1 beat=1'
leave
cmp -s "$kept" "$dir/before" || fail "--no-history wrote"

echo 'llantern history 1
lesson ?' >"$kept"
begin
xdotool key Return
is_at 'slide=1 beat=0'
leave
[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "of damage it says: $(cat "$dir/err")"
grep -q 'history: line 2: ' "$dir/err" || fail "no place of the damage"

echo "start: one key begins, the next start goes on, damage is a line"
