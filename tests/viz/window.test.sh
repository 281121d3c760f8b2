#!/bin/sh
# The real window on a real (virtual) display with real key events: steps,
# types a prompt, saves a PNG, idles without using the CPU, and quits.
set -eu
model=assets/models/tales.bin
skip() {
    echo "skip: window: $1"
    exit 77
}
command -v Xvfb >/dev/null || skip "no Xvfb"
command -v xdotool >/dev/null || skip "no xdotool"

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
    echo "window: $1" >&2
    exit 1
}

Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -fbdir "$dir" \
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
model=$(cd "$(dirname "$model")" && pwd)/$(basename "$model")
(cd "$dir" && exec "$binary" view -m "$model" --fullscreen \
    --state 'slide=1 beat=1 view=attention layer=0 head=0 token=-1
        prompt="The cat sat"') 2>"$dir/err" &
app=$!
xdotool search --sync --onlyvisible --name llantern >"$dir/window" ||
    fail "no window: $(cat "$dir/err")"
xdotool windowfocus "$(head -n 1 "$dir/window")" 2>/dev/null || true

# A key is read when the program gets to it: wait for what it leads to.
saved() {
    i=0
    until [ -s "$dir/$1" ]; do
        i=$((i + 1))
        [ $i -lt 100 ] || fail "no $1 was saved"
        sleep 0.1
    done
}
has() {
    grep -a -q "$2" "$dir/$1" || fail "$1 does not say $2"
}

xdotool key e
saved llantern-attention-001.png
has llantern-attention-001.png 'prompt="The cat sat"'
head -c 8 "$dir/llantern-attention-001.png" | od -An -tx1 |
    grep -q '89 50 4e 47 0d 0a 1a 0a' || fail "that is no PNG"

xdotool key Up Up bracketright Home Right Right t e
saved llantern-attention-002.png
has llantern-attention-002.png 'layer=2'
has llantern-attention-002.png 'head=1'
has llantern-attention-002.png 'token=2'
has llantern-attention-002.png 'theme=dark'

xdotool key slash End
xdotool type ' on the mat'
xdotool key Return 4 e
saved llantern-block-001.png
has llantern-block-001.png 'prompt="The cat sat on the mat"'

# The mouse picks the middle thumbnail of the heads view.
xdotool key 7
xdotool mousemove 400 420 click 1
xdotool key e
saved llantern-heads-001.png

# Taken off the screen and put back, it shows what it showed.
frame() { cksum <"$dir/Xvfb_screen0"; }
xdotool mousemove 1279 799
xdotool key Escape
sleep 0.5
before=$(frame)
window=$(head -n 1 "$dir/window")
xdotool windowunmap --sync "$window"
[ "$(frame)" != "$before" ] || fail "it does not leave the screen"
xdotool windowmap --sync "$window"
i=0
until [ "$(frame)" = "$before" ]; do
    i=$((i + 1))
    [ $i -lt 100 ] || fail "mapped again, it does not show what it showed"
    sleep 0.1
done
xdotool windowfocus "$window" 2>/dev/null || true

# Idle: no CPU time goes by.  (utime and stime, in ticks of 10 ms)
ticks() { awk '{ print $14 + $15 }' "/proc/$app/stat"; }
xdotool mousemove 1279 799
xdotool key Escape # the message goes, which would be a frame later on
sleep 0.5
before=$(ticks)
sleep 2
used=$(($(ticks) - before))
[ "$used" -le 1 ] || fail "idle for 2 s used $used ticks of CPU"

# In the view of training its steps read ahead; then nothing is done there.
first=$(ticks)
xdotool key shift+2
sleep 1
i=0
before=-1
until [ "$(ticks)" = "$before" ]; do
    before=$(ticks)
    i=$((i + 1))
    [ $i -lt 60 ] || fail "the view of training never rests"
    sleep 1
done
[ $((before - first)) -gt 5 ] || fail "the view of training read nothing"
sleep 2
used=$(($(ticks) - before))
[ "$used" -le 1 ] || fail "idle in training for 2 s used $used ticks of CPU"

xdotool key ctrl+q
i=0
while kill -0 "$app" 2>/dev/null; do
    i=$((i + 1))
    [ $i -lt 100 ] || fail "it does not quit"
    sleep 0.1
done
wait "$app" || fail "it ended with $?: $(cat "$dir/err")"
app=''
echo "window: real keys step, type, export and quit; idle uses no CPU"
