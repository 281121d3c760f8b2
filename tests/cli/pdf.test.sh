#!/bin/sh
# export to PDF and SVG: read back, its text and its pictures are those of the
# PNG export.
. tests/cli/lib.sh
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER SOURCE_DATE_EPOCH || true
for tool in pdftotext pdftoppm pdfinfo; do
    command -v $tool > "$dir/out" || {
        echo "skip: pdf: there is no $tool"
        exit 77
    }
done

pages() { pdfinfo "$1" | sed -n 's/^Pages: *//p'; }
page_size() { pdfinfo "$1" | sed -n 's/^Page size: *//p' | cut -d' ' -f1-4; }
text() { pdftotext -layout "$1" - | tr -s ' \n' ' '; }
has() {
    text "$1" | grep -qF -- "$2" || bad "the text of $1 does not say '$2'"
}
# alike FILE.png FILE.pdf PAGE: within what edges of letters differ by.
alike() {
    pdftoppm -r 144 -f "$3" -l "$3" -singlefile "$2" "$dir/page"
    /usr/bin/python3 tests/cli/same_picture.py "$1" "$dir/page.ppm" \
        > "$dir/alike" 2> "$dir/err" || bad "$1, $2: cannot be compared"
    awk '{ exit !($1 < .02 && $2 < .15) }' "$dir/alike" ||
        bad "$1 and page $3 of $2 differ by $(cat "$dir/alike")"
}

# The caption holds what the model has read, hidden words by the name of that.
run export -m embedded:bert --special -p 'There was a [MASK] girl, [MASK]' \
    -o "$dir/caption.pdf"
is 0
has "$dir/caption.pdf" '[MASK] · There was a [MASK] girl, [MASK]'
run export -m embedded:bert -p 'There was a kind girl' \
    --state 'edit=token4=[MASK]' -o "$dir/caption.pdf"
is 0
has "$dir/caption.pdf" 'changed: token4=[MASK] · There was a kind girl'

cat > "$dir/deck.md" <<'MD'
---
title: Handed out
---

# First slide

Quite *slanted*, **bold** and `mono` words; Zürich, שלום, $\frac{a}{\sqrt{b}}$.

| name | n |
|---|---|
| oak | 3 |

<!-- .stage: view=attention layer=2 head=1 prompt="Once there was" -->

A second beat.

Note: The *notes* of the first slide tell of elephants.

---

<!-- .slide: data-background-gradient="linear-gradient(to right, #204060, #602040)" -->

## Second slide

> Quoted.

<!-- .stage: view=attention edit=mask -->

- with an item
MD

# A page a beat, with the notes; and without.
run export --deck "$dir/deck.md" -o "$dir/deck.pdf"
is 0
[ "$(pages "$dir/deck.pdf")" = 4 ] || bad 'not a page for each of 4 beats'
for words_in in 'First slide' 'Quite slanted, bold and mono words; Zürich' \
    'oak' 'A second beat.' 'The notes of the first slide tell of elephants.' \
    'Quoted.' 'with an item' 'slide 2 of 2' 'page 4' 'Handed out'; do
    has "$dir/deck.pdf" "$words_in"
done
[ "$(text "$dir/deck.pdf" | grep -oF elephants | wc -l)" -eq 1 ] ||
    bad 'the notes are not there once'
pdfinfo "$dir/deck.pdf" | grep -q '^Title: *Handed out$' || bad 'no title'
pdffonts "$dir/deck.pdf" | awk 'NR > 2 && !/yes yes yes/ { exit 1 }' ||
    bad 'a font is not embedded, or has no way back to its characters'

run export --deck "$dir/deck.md" --plain -o "$dir/plain.pdf"
is 0
[ "$(pages "$dir/plain.pdf")" = 4 ] || bad 'not a page for each of 4 beats'
[ "$(page_size "$dir/plain.pdf")" = '960 x 540 pts' ] || bad 'no 16:9 page'
text "$dir/plain.pdf" | grep -qF elephants && bad 'notes in spite of --plain'
run export --deck "$dir/deck.md" -o "$dir/beats"
is 0
page=0
for beat in "$dir"/beats/*.png; do
    page=$((page + 1))
    alike "$beat" "$dir/plain.pdf" $page
done

# A picture file, twice and in two sizes.
mkdir -p "$dir/shown"
run export --state 'view=heads' -o "$dir/shown/a.png" --width 640 --height 360
is 0
printf '# Shown\n\n![h:200 a](a.png)\n\n![w:30%% b](a.png)\n' \
    > "$dir/shown/deck.md"
run export --deck "$dir/shown/deck.md" --plain -o "$dir/shown/deck.pdf"
is 0
run export --deck "$dir/shown/deck.md" -o "$dir/shown/beats"
is 0
alike "$dir"/shown/beats/*.png "$dir/shown/deck.pdf" 1

# What is opened ends where the choice of the run begins.
run export --window --width 1024 --height 768 -o "$dir/opened.pdf" --state \
'view=next elem=3 edit=3.0 opened=before inspector=on panel=stage prompt="A"'
is 0
has "$dir/opened.pdf" 'Opened number, tok'
text "$dir/opened.pdf" | grep -qF 'before the change' &&
    bad 'a text runs under the choice of the run'

# Colours behind a slide stand where they say, beyond its ends, too.
for ground in 'linear-gradient(to right, red 0%, blue 20%, lime 25%, black)' \
    'linear-gradient(45deg, white -50%, navy 50% 60%, white 150%)' \
    'radial-gradient(circle, yellow 40%, purple 60%)'; do
    printf '<!-- .slide: data-background-gradient="%s" -->\n\n# Ground\n' \
        "$ground" > "$dir/ground.md"
    run export --deck "$dir/ground.md" --plain -o "$dir/ground.pdf"
    is 0
    run export --deck "$dir/ground.md" -o "$dir/ground"
    alike "$dir/ground/slide-01-beat-0.png" "$dir/ground.pdf" 1
done

# Bytes that are no UTF-8, and a title that is cut within a character.
printf '# Caf\351 \377\n\nA \200 stray byte.\n\n---\n\n# a%0200d\n' 0 |
    sed 's/0/ä/g' > "$dir/bytes.md"
run export --deck "$dir/bytes.md" -o "$dir/bytes.pdf"
is 0
has "$dir/bytes.pdf" 'stray byte.'
pdfinfo "$dir/bytes.pdf" | grep -q '^Title: *Caf? ?$' || bad 'no title'

# Figures, in light and dark.
for look in 'view=attention layer=3 head=3' 'view=heads' 'view=block' \
    'view=model' 'view=residual theme=dark' 'view=next theme=dark'; do
    for kind in png pdf; do
        run export -m "$model" -p 'The cat sat on' --state "$look" \
            -o "$dir/figure.$kind"
        is 0
    done
    alike "$dir/figure.png" "$dir/figure.pdf" 1
done
pdfinfo "$dir/figure.pdf" | grep -q '^Subject:.*view=next.*"The cat sat on"' ||
    bad 'the state is not in it'
run export -m "$model" --window --width 640 --height 480 -o "$dir/window.PDF"
is 0
[ "$(page_size "$dir/window.PDF")" = '320 x 240 pts' ] || bad 'another size'
has "$dir/window.PDF" 'llantern'
run export -m "$model" --state view=next --format pdf -o "$dir/bytes"
is 0
[ "$(pages "$dir/bytes")" = 1 ] || bad 'no PDF in spite of --format'
run export -m "$model" -o "$dir/a.svg" --state view=next
is 0
grep -q '<svg' "$dir/a.svg" || bad 'no SVG'

# The same deck is the same file, on any day; a build may set the date.
run export --deck "$dir/deck.md" -o "$dir/again.pdf"
cmp "$dir/deck.pdf" "$dir/again.pdf" || bad 'the same deck is another file'
export SOURCE_DATE_EPOCH=1000000000
run export --deck "$dir/deck.md" -o "$dir/again.pdf"
TZ=UTC pdfinfo "$dir/again.pdf" | grep -q '^CreationDate:.* 2001' ||
    bad 'not the date of SOURCE_DATE_EPOCH'
unset SOURCE_DATE_EPOCH

# What cannot be.
run export --deck "$dir/deck.md" -o "$dir/deck.svg"
fails 2 '--deck: an SVG has one page'
for out in - /dev/stdout; do
    run export --deck "$dir/deck.md" -o $out
    fails 2 "--deck: found -o $out, need a FOLDER"
done
run export --deck "$dir/deck.md" --plain -o "$dir/folder"
fails 2 'not used with --deck and a folder'
run export --format pdf
fails 2 '--format: needs -o FILE'
cp "$dir/deck.md" "$dir/input.pdf"
run export --deck "$dir/input.pdf" -o "$dir/input.pdf"
fails 1 'deck'
cmp -s "$dir/deck.md" "$dir/input.pdf" || bad 'the deck was written over'
cannot_save pdf export --deck "$dir/deck.md"
cannot_save pdf export -m "$model" --state view=heads
"$LLANTERN" export --deck "$dir/deck.md" --format pdf -o - 2> "$dir/err" |
    head -c 4 > "$dir/out"
[ "$(cat "$dir/out")" = %PDF ] || bad 'no PDF down a pipe'
finish
