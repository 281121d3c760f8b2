#!/bin/sh
# All slides in a real window with real keys: O opens them and is not typed
# there, letters find, Enter goes; G without them; a clicker's keys lead on.
. tests/viz/lib.sh
needs Xvfb xdotool
begin_screen 1024x768

n=0
while [ $n -lt 200 ]; do
    n=$((n + 1))
    [ $n -eq 1 ] || printf '\n---\n'
    printf '# Part %d\n\n- one\n- two\n' $n
done >"$dir/deck.md"
sed -i 's/^# Part 150$/# Bold omelettes/' "$dir/deck.md"

begin view deck.md --fullscreen --no-animation
take_keyboard

# What is shown is asked for by saving it: each picture says where it is of.
saves=0
is_at() {
    saves=$((saves + 1))
    name=llantern-attention-$(printf %03d $saves).png
    xdotool key e
    saved "$name"
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

quit
echo "overview: O, G and a clicker with real keys, among 200 slides"
