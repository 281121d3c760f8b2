#!/bin/sh
# A real window that opens a large model: it is there before the model is, Esc
# stops the reading, and it closes.  The file is 4.4 GB of holes.
set -eu
skip() {
    echo "skip: opening: $1"
    exit 77
}
command -v Xvfb >/dev/null || skip "no Xvfb"
command -v xdotool >/dev/null || skip "no xdotool"
# It is refused at once where it could not run.
[ "$(awk '/MemTotal/ { print $2 }' /proc/meminfo)" -gt 6000000 ] ||
    skip "less than 6 GB of memory"

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
    echo "opening: $1" >&2
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

"$OUT/tests/bench/make_gguf" 1b f32 "$dir/large.gguf" sparse
title() { xdotool getwindowname "$window"; }
# It stands still from its first window until the key is there, so that the key
# comes before the model is open; where even that is too late, once more.
tries=0
while :; do
    "$LLANTERN" view -m "$dir/large.gguf" 2>"$dir/err" &
    app=$!
    xdotool search --sync --onlyvisible --name llantern >"$dir/window" ||
        fail "no window: $(cat "$dir/err")"
    kill -STOP "$app"
    window=$(head -n 1 "$dir/window")
    [ "$(title)" = 'llantern: large' ] || break
    kill -KILL "$app"
    wait "$app" || true
    tries=$((tries + 1))
    [ $tries -lt 5 ] || fail "it was always open before a key came"
done
xdotool windowfocus "$window" 2>/dev/null || true
xdotool key Escape
kill -CONT "$app"
i=0
until [ "$(title)" = 'llantern: large.gguf (cancelled)' ]; do
    i=$((i + 1))
    [ $i -lt 100 ] || fail "Esc did not stop it: $(title)"
    sleep 0.1
done
xdotool key ctrl+q
i=0
while kill -0 "$app" 2>/dev/null; do
    i=$((i + 1))
    [ $i -lt 100 ] || fail "it does not quit"
    sleep 0.1
done
wait "$app" || fail "it ended with $?: $(cat "$dir/err")"
app=''
echo "opening: a window before its model, Esc stops it"
