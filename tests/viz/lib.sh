# What the tests of real windows share; read with ". tests/viz/lib.sh".
#
#     needs Xvfb xdotool            # without one of these the test is skipped
#     begin_screen 1280x800         # a display without a screen: $DISPLAY
#     begin view -p "The cat sat"   # the program, in the folder $dir: $app
#     take_keyboard                 # waits for its window: $window
#     until_true "no window" COMMAND...   # waits for it, a minute at most
#     quit                          # Ctrl+Q, and it ended with 0
set -eu
name=$(basename "$0" .test.sh)
skip() {
    echo "skip: $name: $1"
    exit 77
}
needs() {
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "no $program"
    done
}

dir=$(mktemp -d)
XDG_STATE_HOME=$dir/state # nothing is kept, nor found, of whoever tests
export XDG_STATE_HOME
binary=$(cd "$(dirname "$LLANTERN")" && pwd)/$(basename "$LLANTERN")
app='' helpers='' # their processes; the last helper begun is the first in it
: >"$dir/err"
finish() {
    [ -z "$app" ] || kill -KILL "$app" 2>/dev/null || true
    for process in $helpers; do
        kill "$process" 2>/dev/null || true
    done
    wait
    rm -rf "$dir"
}
trap finish EXIT
# fail SENTENCE: with what the program said.  A test may tell more: also_say.
also_say() { :; }
fail() {
    echo "$name: $1" >&2
    cat "$dir/err" >&2
    also_say >&2
    exit 1
}
until_true() {
    sentence=$1
    shift
    i=0
    until "$@"; do
        i=$((i + 1))
        [ $i -lt 600 ] || fail "$sentence"
        sleep 0.1
    done
}

# What it shows is in $dir/Xvfb_screen0.  It must not start anew when nobody is
# connected: who connects just then is lost, and xdotool comes and goes.
begin_screen() {
    Xvfb -displayfd 3 -screen 0 "$1x24" -noreset -nolisten tcp -fbdir "$dir" \
        3>"$dir/display" 2>"$dir/xvfb.log" &
    helpers="$! $helpers"
    until_true "Xvfb did not start" grep -q . "$dir/display"
    DISPLAY=:$(cat "$dir/display")
    export DISPLAY
}
frame() { cksum <"$dir/Xvfb_screen0"; }
shows() { [ "$(frame)" = "$1" ]; }
shows_other_than() { [ "$(frame)" != "$1" ]; }

begin() {
    (cd "$dir" && exec "$binary" "$@") 2>"$dir/err" &
    app=$!
}
has_windows() { # has_windows NUMBER: and no more; they are in $dir/windows
    xdotool search --onlyvisible --name llantern >"$dir/windows" || true
    [ "$(wc -l <"$dir/windows")" -eq "$1" ]
}
take_keyboard() {
    until_true "no window" has_windows 1
    window=$(cat "$dir/windows")
    xdotool windowfocus --sync "$window"
}

# A key is read when the program gets to it: wait for what it leads to.
is_saved() { [ -s "$dir/$1" ]; }
saved() { until_true "no $1 was saved" is_saved "$1"; }
has() { grep -a -q "$2" "$dir/$1" || fail "$1 does not say $2"; }
is_ended() { ! kill -0 "$app" 2>/dev/null; }
has_ended() {
    until_true "it does not quit" is_ended
    wait "$app" || fail "it ended with $?"
    app=''
}
quit() {
    xdotool key ctrl+q
    has_ended
}
# The processor's time it took so far, in ticks of 10 ms (utime and stime).
ticks() { awk '{ print $14 + $15 }' "/proc/$app/stat"; }
# is_idle WHERE: two seconds go by, and it uses no time.  One that is hardly
# there may be counted as a tick or two, but not three times.
is_idle() {
    for try in 1 2 3; do
        before=$(ticks)
        sleep 2
        used=$(($(ticks) - before))
        [ "$used" -gt 1 ] || return 0
    done
    fail "idle $1 for 2 s it used $used ticks of CPU"
}
