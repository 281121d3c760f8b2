#!/bin/sh
# export: a figure, the window, its state; no display.
. tests/cli/lib.sh
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER || true

# size FILE: "width height" from a PNG's header.
size() { od -An -tu1 -j16 -N8 "$1" | awk '{ print $3*256+$4, $7*256+$8 }'; }

run export -m "$model" -p 'The cat sat' -o "$dir/a.png" --width 800 \
    --height 600 --state 'view=attention layer=2 head=1'
is 0
[ "$(size "$dir/a.png")" = '800 600' ] || bad 'not 800 x 600'
for words_in in 'layer=2' 'head=1' 'prompt="The cat sat"' tales; do
    grep -aqF "$words_in" "$dir/a.png" || bad "the PNG does not say $words_in"
done
run export -m "$model" -p 'The cat sat' -o "$dir/b.png" --width 800 \
    --height 600 --state 'view=attention layer=2 head=1'
cmp "$dir/a.png" "$dir/b.png" || bad 'the same picture, other bytes'
for other in '--theme=dark' '--colormap=magma' '--scale=1.5' '--window' \
    '--all-heads'; do
    run export -m "$model" -p 'The cat sat' -o "$dir/c.png" --width 800 \
        --height 600 --state 'view=attention layer=2 head=1' "$other"
    is 0
    cmp -s "$dir/a.png" "$dir/c.png" && bad "$other changes nothing"
done
for view in attention heads next block; do
    run export -m "$model" -p 'The cat sat' -o "$dir/$view.png" --width 640 \
        --height 480 --state "view=$view"
    is 0
    [ "$(size "$dir/$view.png")" = '640 480' ] || bad 'not 640 x 480'
done

# Another model, named by the state.
run export -p 'The cat sat' -o "$dir/d.png" --state 'model=embedded:step-000400'
is 0
grep -aqF 'model="embedded:step-000400"' "$dir/d.png" || bad 'no model= in it'
"$LLANTERN" export -p 'The cat sat' -o "$dir/f.png"
cmp -s "$dir/d.png" "$dir/f.png" && bad 'model= changes nothing'
run export --state 'model=none.bin' -o "$dir/d.png"
fails 2 'model: found "none.bin"'

# Without -o: the next free name, which is printed.
binary=$(cd "$(dirname "$LLANTERN")" && pwd)/$(basename "$LLANTERN")
from=$(cd "$(dirname "$model")" && pwd)/$(basename "$model")
for number in 001 002; do
    words='export'
    (cd "$dir" && "$binary" export -m "$from" --width 320 --height 200) \
        > "$dir/out" 2> "$dir/err"
    code=$?
    is 0
    out "llantern-attention-$number.png"
    [ -s "$dir/llantern-attention-$number.png" ] || bad 'it is not there'
done

# A caption under a figure, or none.
run export -m "$model" -p 'The cat sat' -o "$dir/caption.png"
is 0
run export -m "$model" -p 'The cat sat' -o "$dir/plain.png" --plain
is 0
cmp -s "$dir/caption.png" "$dir/plain.png" && bad 'both pictures are the same'

run export -m "$model" -o "$dir/e.png" --state 'view=nonsense'
fails 2 'view: found "nonsense"'
run export -m "$model" -o "$dir/e.png" --state 'layer=99'
fails 2 'layer: found 99, need 0 to 3'
run export -m "$model" -o "$dir/e.png" --state 'nonsense=1'
fails 2 'nonsense'
run export -m "$model" -o "$dir/e.png" --width 0
fails 2 '--width: found "0", need a whole number from 64'
run export -m "$model" -o "$dir/e.png" --theme blue
fails 2 '--theme: found "blue", need light|dark'
run export -m "$model" --window
fails 2 '--window: needs -o FILE.png'
for kind in jpg JPEG webp; do
    run export -m "$model" -o "$dir/e.$kind"
    fails 2 'need .png, .pdf, .svg or --format'
    [ -e "$dir/e.$kind" ] && bad "a PNG was written into a .$kind"
done
run export -m "$model" -o "$dir/e.jpg" --format png --width 64 --height 64
is 0
[ -e "$dir/e.png" ] && bad 'a file was written all the same'

# One state is one picture: nothing of the moment, such as a speed, is on it.
run export -m "$model" --window -o "$dir/w1.png" -p 'The cat'
run export -m "$model" --window -o "$dir/w2.png" -p 'The cat'
cmp -s "$dir/w1.png" "$dir/w2.png" || bad 'the same window is another picture'
run export -m "$model" --window -o "$dir/w1.png" --state 'slide=999'
fails 2 'slide: found 999'
cannot_save png export -m "$model" --width 640 --height 480
cannot_save png export -m "$model" --width 640 --height 480 --window
# Every beat of a deck, each with its place in it.
cat > "$dir/deck.md" <<'MD'
# A

<!-- .stage: view=next prompt="Once there was" -->

a

<!-- .stage: layer=2 -->

b

---

# B
MD
run export --deck "$dir/deck.md" -o "$dir/beats" --width 640 --height 480
is 0
[ "$(cd "$dir/beats" && echo *)" = 'slide-01-beat-0.png slide-01-beat-1.png slide-02-beat-0.png' ] ||
    bad 'not the 3 beats'
[ "$(size "$dir/beats/slide-01-beat-1.png")" = '640 480' ] || bad 'not 640 x 480'
grep -aqF 'slide=1 beat=1' "$dir/beats/slide-01-beat-1.png" ||
    bad 'the picture has not its place'
grep -aqF 'layer=2' "$dir/beats/slide-01-beat-1.png" || bad 'not its stage'
run export --deck predict -o "$dir/beats" --width 320 --height 240
is 0
[ "$(find "$dir/beats" -name 'slide-*.png' | wc -l)" -eq 8 ] ||
    bad 'not the 8 beats of predict'
run export --deck "$dir/none.md" -o "$dir/none"
fails 1 "$dir/none.md: open"
[ -e "$dir/none" ] && bad 'a folder for no deck'
run export --deck predict
fails 2 '--deck: needs -o FOLDER'
run export --deck predict more.md -o "$dir/x"
fails 2 '--deck: found a second deck, "more.md"'
for option in --window --plain --all-heads --lesson=predict -px --state=layer=1; do
    run export --deck predict -o "$dir/x" "$option"
    fails 2 'not used with --deck'
done
run export --deck predict -o "$dir/deck.md"
fails 1 "$dir/deck.md/slide-01-beat-0.png"
finish
