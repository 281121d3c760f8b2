#!/bin/sh
# All slides in a real window with real keys: O opens them and is not typed
# there, letters find, Enter goes; G without them; a clicker's keys lead on.
set -eu
skip() {
    echo "skip: overview: $1"
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
    echo "overview: $1" >&2
    [ ! -s "$dir/err" ] || cat "$dir/err" >&2
    exit 1
}
# until_true SENTENCE COMMAND...: tries for twenty seconds.
until_true() {
    sentence=$1
    shift
    i=0
    until "$@"; do
        i=$((i + 1))
        [ $i -lt 200 ] || fail "$sentence"
        sleep 0.1
    done
}

Xvfb -displayfd 3 -screen 0 1024x768x24 -nolisten tcp \
    3>"$dir/display" 2>"$dir/xvfb.log" &
xvfb=$!
until_true "Xvfb did not start: $(cat "$dir/xvfb.log")" [ -s "$dir/display" ]
DISPLAY=:$(cat "$dir/display")
export DISPLAY

n=0
while [ $n -lt 200 ]; do
    n=$((n + 1))
    [ $n -eq 1 ] || printf '\n---\n'
    printf '# Part %d\n\n- one\n- two\n' $n
done >"$dir/deck.md"
sed -i 's/^# Part 150$/# Bold omelettes/' "$dir/deck.md"

binary=$(cd "$(dirname "$LLANTERN")" && pwd)/$(basename "$LLANTERN")
(cd "$dir" && exec "$binary" view deck.md --fullscreen --no-animation) \
    2>"$dir/err" &
app=$!
xdotool search --sync --onlyvisible --name llantern >"$dir/window" ||
    fail "no window: $(cat "$dir/err")"
xdotool windowfocus "$(head -n 1 "$dir/window")" 2>/dev/null || true

# What is shown is asked for by saving it: each picture says where it is of.
saves=0
is_saved() { [ -s "$dir/$1" ]; }
is_at() {
    saves=$((saves + 1))
    name=llantern-attention-$(printf %03d $saves).png
    xdotool key e
    until_true "no $name was saved" is_saved "$name"
    grep -a -q "$1" "$dir/$name" || fail "$2: not at $1"
}

xdotool key o Down Right Return
xdotool key F8
is_at 'slide=[2-9] ' "O and arrows"
xdotool key o
xdotool type 'ld ome'
xdotool key Return F8
is_at 'slide=150 ' "O, which is not typed, and a part of a title"
xdotool key g
xdotool type 'part 77'
xdotool key Return F8
is_at 'slide=77 ' "G and a part of a title"
xdotool key g
xdotool type '12'
xdotool key Return F8
is_at 'slide=12 ' "G and a number"
xdotool key g
xdotool type 'zebra'
xdotool key Return F8
is_at 'slide=12 ' "a title that is none"
xdotool key o Next F8
is_at 'slide=13 ' "a clicker in the overview"
xdotool key g Prior F8
is_at 'slide=12 ' "a clicker after G"

ended() { ! kill -0 "$app" 2>/dev/null; }
xdotool key ctrl+q
until_true "it does not quit" ended
wait "$app" || fail "it ended with $?: $(cat "$dir/err")"
app=''
echo "overview: O, G and a clicker with real keys, among 200 slides"
