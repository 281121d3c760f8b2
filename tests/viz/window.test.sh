#!/bin/sh
# The real window on a real (virtual) display with real key events: steps,
# types a prompt, saves a PNG, idles without using the CPU, and quits.
. tests/viz/lib.sh
needs Xvfb xdotool
begin_screen 1280x800

begin view -m "$PWD/assets/models/tales.bin" --fullscreen \
    --state 'slide=1 beat=1 view=attention layer=0 head=0 token=-1
        prompt="The cat sat"'
take_keyboard

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
xdotool mousemove 1279 799
xdotool key Escape
sleep 0.5
before=$(frame)
xdotool windowunmap --sync "$window"
[ "$(frame)" != "$before" ] || fail "it does not leave the screen"
xdotool windowmap --sync "$window"
until_true "mapped again, it does not show what it showed" shows "$before"
xdotool windowfocus --sync "$window"

xdotool mousemove 1279 799
xdotool key Escape # the message goes, which would be a frame later on
sleep 0.5
is_idle "at rest"

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
is_idle "in training"

quit
echo "window: real keys step, type, export and quit; idle uses no CPU"
