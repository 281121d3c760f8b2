#!/bin/sh
# A real window that opens a large model: it is there before the model is, Esc
# stops the reading, and it closes.  The file is 4.4 GB of holes.
. tests/viz/lib.sh
needs Xvfb xdotool
# It is refused at once where it could not run.
[ "$(awk '/MemTotal/ { print $2 }' /proc/meminfo)" -gt 6000000 ] ||
    skip "less than 6 GB of memory"
begin_screen 1024x768

"$OUT/tests/bench/make_gguf" 1b f32 "$dir/large.gguf" sparse
title() { xdotool getwindowname "$window"; }
# It stands still from its first window until the key is there, so that the key
# comes before the model is open; where even that is too late, once more.
tries=0
while :; do
    begin view -m large.gguf
    xdotool search --sync --onlyvisible --name llantern >"$dir/windows" ||
        fail "no window"
    kill -STOP "$app"
    window=$(head -n 1 "$dir/windows")
    [ "$(title)" = 'llantern: large' ] || break
    kill -KILL "$app"
    wait "$app" || true
    tries=$((tries + 1))
    [ $tries -lt 5 ] || fail "it was always open before a key came"
done
xdotool windowfocus "$window" 2>/dev/null || true
xdotool key Escape
kill -CONT "$app"
is_cancelled() { [ "$(title)" = 'llantern: large.gguf (cancelled)' ]; }
until_true "Esc did not stop it" is_cancelled
quit
echo "opening: a window before its model, Esc stops it"
