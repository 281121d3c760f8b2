#!/bin/sh
# lesson worksheet: a lesson's questions on paper, without their answers.
. tests/cli/lib.sh
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER || true
lacks() {
    grep -qF -- "$1" "$dir/out" && bad "the output says '$1'"
}

run lesson worksheet predict
is 0
out '# Worksheet: Predict'
out '`llantern view --lesson predict --state "slide=1 beat=0"`'
out '**Question 1.** What will the model answer with?'
out '- [ ] c) a number for every token'
lacks 'c*)'
lacks '13.2 %' # what a slide says after the question
[ "$(grep -c '^___$' "$dir/out")" -eq 9 ] || bad 'not 9 lines to write on'
cp "$dir/out" "$dir/sheet.md"

# It is a deck, and what it says to open is there.
run lesson check --strict "$dir/sheet.md"
is 0
run export --window --lesson predict --state 'slide=4 beat=0' \
    -o "$dir/place.png" --width 640 --height 480
is 0

# Each question of each lesson, once.
for lesson in lessons/*.md; do
    case $lesson in */README.md) continue ;; esac
    name_of=$(basename "$lesson" .md)
    run lesson worksheet "$name_of"
    is 0
    asked=$(grep -cE '^ *<!-- *[.](ask|guess|do):' "$lesson")
    [ "$(grep -cE '^[*][*](Question|Task) [0-9]+[.][*][*]' "$dir/out")" -eq \
        "$asked" ] || bad "not the $asked questions of $lesson"
done

# The kinds, and text that would be markup, a tag, a command or a terminal's.
printf '# It *is* <b>\n\n<!-- .ask: Is <script>x</script> *it* | a) `o` | b*) $5 [x](y) -->\n\n<!-- .guess: \033[31mHow many? | 0..100 | 26 %% -->\n\n<!-- .do: Take head 3.0 out. | edit=3.0 -->\n' \
    > "$dir/it's.md"
run lesson worksheet "$dir/it's.md"
is 0
out 'Is \<script\>x\</script\> \*it\*'
out '- [ ] a) \`o\`'
out 'b) \$5 \[x\](y)'
out '\<1B\>\[31mHow many?'
out 'A number from 0 to 100 %.'
lacks 26
out '**Task 3.** Take head 3.0 out.'
lacks 'edit='
out "llantern view '$dir/it'\\''s.md' --state \"slide=1 beat=0\""

# Files: Markdown and PDF.
run lesson worksheet predict -o "$dir/written.md"
is 0
cmp "$dir/sheet.md" "$dir/written.md" || bad 'another text in the file'
run lesson worksheet predict -o "$dir/sheet.pdf"
is 0
run lesson worksheet predict -o "$dir/again.pdf"
cmp "$dir/sheet.pdf" "$dir/again.pdf" || bad 'the same sheet is another file'
if command -v pdftotext > /dev/null; then
    pdftotext -layout "$dir/sheet.pdf" - | tr -s ' \n' ' ' > "$dir/out"
    out 'Worksheet: Predict'
    out 'Question 2. Which of them have changed by now?'
    out '4. What has it remembered? Open: llantern view'

    # A slide's questions and their lines stand on one page.
    for i in 1 2 3 4; do
        for asked in First Second; do
            printf '# S\n\n<!-- .ask: %s? | a) x | b*) y | c) z | d) w -->\n\n' \
                "$asked" | sed "$([ "$asked" = First ] || echo 1,2d)"
        done
        printf -- '---\n\n'
    done > "$dir/many.md"
    run lesson worksheet "$dir/many.md" -o "$dir/many.pdf"
    is 0
    pdftotext -layout "$dir/many.pdf" - | sed -n 's/^\f\(.\)/\1/p' > "$dir/out"
    [ "$(grep -c '^[2-4][.] S$' "$dir/out")" -eq 3 ] ||
        bad 'a page begins within a slide'
fi

printf '# \377\n\n<!-- .ask: Wh\377? | a) x | b*) y -->\n' > "$dir/bytes.md"
run lesson worksheet "$dir/bytes.md" -o "$dir/bytes.pdf"
is 0

# Formulas stay formulas.
printf '<!-- .ask: Is $x_1$ 5 $? | a) $\\frac{1}{2}$ | b*) y -->' > "$dir/tex.md"
run lesson worksheet "$dir/tex.md"
is 0
out 'Is $x_1$ 5 \$?'
out '- [ ] a) $\frac{1}{2}$'

# A deck without a heading is known by its file.
printf 'only words\n' > "$dir/bare.md"
run lesson worksheet "$dir/bare.md"
is 0
out '# Worksheet: bare.md'

run lesson worksheet nonsense
fails 1 'nonsense: open'
run lesson worksheet
fails 2 'worksheet: found 0 lessons, need one'
run lesson worksheet predict large
fails 2 'worksheet: found 2 lessons, need one'
run lesson worksheet predict --values
fails 2 '--values: not used with worksheet'
run lesson list -o x
fails 2 'not used with list'
run lesson check lessons/predict.md -o x
fails 2 'not used with check'
run lesson worksheet "$dir/it's.md" -o "$dir/it's.md"
fails 1 'deck'
cannot_save pdf lesson worksheet large-language-models
finish
