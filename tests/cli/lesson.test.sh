#!/bin/sh
# lesson check: good decks, and every way to be wrong, with its line.
# lesson list: those inside, and view and export --lesson, which take them.
. tests/cli/lib.sh

# Ours: every claim is checked, on the model it is about, and nothing is warned
# of.  The time is told, not tested.
for deck in lessons/*.md; do
    case $deck:$(sed -n 's/^model: //p' "$deck") in
    *:tales) set -- "$@" "$deck" ;;
    lessons/README.md:) ;;
    *) bad "$deck: about a model that is not known here" ;;
    esac
done
run lesson check --strict "$@"
is 0
[ "$(grep -c ', 0 skipped, 0 failures$' "$dir/out")" -eq $# ] ||
    bad "not all $# decks were checked"
[ "$(sed -n 's/:.*//p' "$dir/out")" = "$(printf '%s\n' "$@")" ] ||
    bad 'the decks are not told in their order'
tail -n 1 "$dir/out" |
    grep -qE "^[0-9]{3} claims in $# decks, [0-9]+\.[0-9] s \([0-9.]+ s of" ||
    bad 'how long it took is not told'
sed -n '$p' "$dir/out"

cat > "$dir/good.md" <<'MD'
# One
<!-- .stage: view=attention layer=1 head=2 prompt="Once there was a" -->
Text.
<!-- .claim: tokens() == 5 -->
<!-- .stage: view=next token=4 -->
<!-- .claim: prob(token=" kind") > 0 -->
MD
run lesson check -m "$model" "$dir/good.md"
is 0
out '1 slides, 2 beats, 2 claims checked, 0 skipped, 0 failures'

# A guess is what the run says on the beat that shows it; a task is open at its
# start, and can be done.
cat > "$dir/asked.md" <<'MD'
# One
<!-- .stage: view=next prompt="Once there was a" -->
Text.
<!-- .guess: How many tokens? | 0..9 | 5 | tokens() -->
<!-- .stage: edit=3.0 -->
<!-- .do: Switch it on. | edit="" -->
<!-- .hint: Z -->
<!-- .do: Go back. | rank(token=" kind", at=2) == rank(token=" kind") + 1 -->
<!-- .do: Longer. | tokens() > 5 | length=7 -->
MD
run lesson check --values -m "$model" "$dir/asked.md"
is 0
out 'asked.md:4: claim tokens() == 5 within 0.5: found 5'
out '1 slides, 3 beats, 1 claims checked, 0 skipped, 0 failures'

cat > "$dir/wrong.md" <<'MD'
# One
<!-- .stage: view=next prompt="Once there was a" edit=3.0 -->
<!-- .guess: How many tokens? | 0..9 | 6 | tokens() -->
<!-- .do: It is. | edit=3.0 token=4 -->
<!-- .do: It holds. | tokens() == 5 | edit=3.1 -->
<!-- .do: No such layer. | layer=9 -->
<!-- .do: No such token. | token=50 -->
<!-- .do: It holds nowhere. | tokens() > 5 | edit=3.1 -->
<!-- .do: No such head. | attn(layer=0, head=9, from=1, to=0) > 2 -->
MD
run lesson check -m "$model" "$dir/wrong.md"
[ "$code" -eq 1 ] || bad "found exit code $code, need 1"
out '1 slides, 2 beats, 1 claims checked, 0 skipped, 7 failures'
for why in '3: claim tokens() == 6 within 0.5: found 5' \
    '4: do: edit=3.0 token=4: is so from the start' \
    '5: do: tokens() == 5: is so from the start' \
    '6: layer: found 9, need 0 to 3' '7: token: found 50, need 0 to 4' \
    '8: do: tokens() > 5: is not so in the state that is named' \
    '9: head: found 9, need 0 to 3'; do
    grep -qF "wrong.md:$why" "$dir/err" || bad "the errors do not say '$why'"
done

# A beat may be about another model, and compare with one.
cp "$model" "$dir/beside.bin"
cp assets/models/tales.tok.bin "$dir/beside.tok.bin"
cat > "$dir/models.md" <<'MD'
---
model: tales
---
# One
<!-- .stage: view=next prompt="Once there was a" -->
<!-- .claim: prob(token=" kind") > 0.05 -->
Trained.
<!-- .stage: model=embedded:step-000000 -->
<!-- .claim: prob(token=" kind") < 0.01 -->
At the start.
<!-- .stage: model=beside.bin against="model=embedded:step-000000" -->
<!-- .claim: prob(token=" kind") > 0.05 -->
From a file.
MD
run lesson check "$dir/models.md"
is 0
out '3 beats, 3 claims checked, 0 skipped, 0 failures'

# broken LINE MESSAGE: the deck on standard input fails there, with that.
broken() {
    cat > "$dir/bad.md"
    run lesson check -m "$model" "$dir/bad.md"
    [ "$code" -eq 1 ] || bad "found exit code $code, need 1"
    grep -F "bad.md:$1: " "$dir/err" | grep -qF "$2" || bad "no '$1: $2'"
    tail -n 1 "$dir/err" | grep -q '^llantern lesson: check: 1 failures$' ||
        bad 'no closing line'
}
broken 2 'view: found "nonsense"' <<'MD'
# A
<!-- .stage: view=nonsense -->
MD
broken 2 'model: ../a.bin: leads out of' <<'MD'
# A
<!-- .stage: model=../a.bin -->
MD
broken 3 'layer: found 9, need 0 to 3' <<'MD'
# A

<!-- .stage: layer=9 -->
MD
broken 2 'head: found 8, need 0 to 3' <<'MD'
# A
<!-- .stage: head=8 -->
MD
broken 2 'op: found "nonsense"' <<'MD'
# A
<!-- .stage: view=attention op=nonsense -->
MD
broken 2 'token: found 5, need 0 to 4' <<'MD'
# A
<!-- .stage: prompt="Once there was a" token=5 -->
MD
broken 2 'key: found 7, need 0 to 4' <<'MD'
# A
<!-- .stage: prompt="Once there was a" token=4 key=7 -->
MD
broken 2 'edit: cut7: found 7, need 0 to 4' <<'MD'
# A
<!-- .stage: prompt="Once there was a" edit=3.0,cut4,cut7 -->
MD
broken 2 'against: edit: cut7: found 7, need 0 to 4' <<'MD'
# A
<!-- .stage: prompt="Once there was a" against="edit=cut7" -->
MD
broken 2 'edit: cut3.1=5: found 5, need 0 to 4' <<'MD'
# A
<!-- .stage: prompt="Once there was a" edit=cut3.1=5 -->
MD
broken 3 'claim tokens() > 90: found 5' <<'MD'
# A
<!-- .stage: prompt="Once there was a" -->
<!-- .claim: tokens() > 90 -->
MD
broken 3 'cat' <<'MD'
# A
<!-- .stage: prompt="Once there was a" -->
<!-- .claim: attn(layer=0, head=0, from="cat", to=0) > 0 -->
MD
broken 2 'layr' <<'MD'
# A
<!-- .stage: layr=1 -->
MD

# Every claim can be listed with what it found; a right side that is worked out
# is told as well.
cat > "$dir/values.md" <<'MD'
# A
<!-- .stage: prompt="Once there was a" -->
<!-- .claim: tokens() == 2 + 3 -->
<!-- .claim: tokens() / 2 < 3 -->
MD
run lesson check -m "$model" --values "$dir/values.md"
is 0
out 'values.md:3: claim tokens() == 2 + 3: found 5, right side 5'
out 'values.md:4: claim tokens() / 2 < 3: found 2.5'
broken 3 'claim tokens() < before(tokens()): found 5, right side 5' <<'MD'
# A
<!-- .stage: prompt="Once there was a" edit=attn0 -->
<!-- .claim: tokens() < before(tokens()) -->
MD
broken 3 'before: there is no run to compare with' <<'MD'
# A
<!-- .stage: prompt="Once there was a" -->
<!-- .claim: before(tokens()) > 1 -->
MD
broken 2 'unknown function "probability"' <<'MD'
# A
<!-- .claim: probability(token=1) > 0 -->
MD

# What is true is what `corpus --next` tells, word for word where a word is one
# token.
for prefix in 'Once there was a kind girl named' 'Once there was' \
    'Once there was a kind girl named Mia. One day,'; do
    run corpus --next "$prefix"
    is 0
    printf '# A\n\n<!-- .stage: prompt="%s" -->\n\n' "$prefix" \
        > "$dir/truth.md"
    sed -n 's|^\([0-9.]*\)  "\( [A-Za-z]*\)"$|\1 \2|p' "$dir/out" \
        > "$dir/words"
    while read -r prob word; do
        printf '<!-- .claim: truth(token=" %s") == %s within 6e-7 -->\n' \
            "$word" "$prob" >> "$dir/truth.md"
    done < "$dir/words"
    n=$(wc -l < "$dir/words")
    [ "$n" -ge 1 ] || bad "no next words of $prefix"
    run lesson check "$dir/truth.md"
    is 0
    out "$n claims checked, 0 skipped, 0 failures"
done

# A logit is the sum of its parts; of a GPT-2 the biases are one of them.
sum='why(token=" Mia", part="embedding") + why(token=" Mia", part="biases")'
for layer in 0 1 2 3; do
    sum="$sum + why(token=\" Mia\", part=\"attn$layer\")"
    sum="$sum + why(token=\" Mia\", part=\"mlp$layer\")"
done
cat > "$dir/biases.md" <<MD
# A
<!-- .stage: model=embedded:gpt2 prompt="Once there was a girl named" -->
<!-- .claim: $sum == logit(token=" Mia") within 0.01 % -->
<!-- .claim: why(token=" Mia", part="biases") != 0 within 0.001 -->
MD
run lesson check "$dir/biases.md"
is 0
out '2 claims checked, 0 skipped, 0 failures'

# A BERT keeps nothing, and its stream stands behind its norms.
stream='full_embed resid_pre ln1.hook_out normalized_resid_post'
broken 4 "which is not the residual stream; need one of $stream" <<'MD'
# A
<!-- .stage: model=embedded:bert prompt="Once there was a girl named" -->
<!-- .claim: bytes(what="cache") == 0 -->
<!-- .claim: lens(layer=3, token=" Mia", site="resid_post") > 0 -->
MD

# Weights of 8 bits are multiplied with rounded vectors; that is told, too.
cat > "$dir/rounded.md" <<MD
# A
<!-- .stage: model=embedded:step-000400 prompt="Once there was a girl named" -->
<!-- .claim: why(token=" Tom", part="all") == logit(token=" Tom") within 0.01 % -->
<!-- .claim: why(token=" Tom", part="rounding") != 0 within 1e-4 -->
<!-- .stage: model=embedded prompt="Once there was a girl named" -->
<!-- .claim: why(token=" Tom", part="rounding") == 0 -->
MD
run lesson check "$dir/rounded.md"
is 0
out '3 claims checked, 0 skipped, 0 failures'

# Claims are about one model; on another they are skipped, out loud.
cat > "$dir/other.md" <<'MD'
---
model: another
---
# A
<!-- .claim: tokens() > 90 -->
MD
run lesson check -m "$model" "$dir/other.md"
[ "$code" -eq 0 ] || bad "found exit code $code, need 0"
out '0 claims checked, 1 skipped'
grep -q 'claims skipped: .* another, loaded is tales' "$dir/err" ||
    bad 'skipping is not said'

# Pictures that are not there are told with their line.
cat > "$dir/pictures.md" <<'MD'
# A

![a](nope.png)

text ![b](../b.png)

<img src="/etc/passwd">

<!-- .slide: data-background-image="bg.gif" -->

<div class="pdf"><!-- { "pdf": "paper.pdf" } --></div>
MD
run lesson check "$dir/pictures.md"
[ "$code" -eq 0 ] || bad "found exit code $code, need 0"
for want in '3: warning: picture: nope.png: no such file' \
    "5: warning: picture: ../b.png: leads out of the deck's folder" \
    "7: warning: picture: /etc/passwd: leads out of the deck's folder" \
    '9: warning: picture: bg.gif: no such file' \
    '11: warning: document: paper.pdf: no such file'; do
    grep -qF "pictures.md:$want" "$dir/err" || bad "does not say: $want"
done

# In the notes, too.
cat > "$dir/notes.md" <<'MD'
# A

Notes:

![a](nope.png)

![b](paper.pdf)

<iframe src="more.html"></iframe>
MD
run lesson check "$dir/notes.md"
[ "$code" -eq 0 ] || bad "found exit code $code, need 0"
for want in '5: warning: picture: nope.png: no such file' \
    '7: warning: document: paper.pdf: no such file' \
    '9: warning: document: more.html: no such file'; do
    grep -qF "notes.md:$want" "$dir/err" || bad "does not say: $want"
done

# Behind --strict all that is a failure; what the front matter says lies
# elsewhere is not.
run lesson check --strict "$dir/pictures.md"
[ "$code" -eq 1 ] || bad "found exit code $code, need 1"
tail -n 1 "$dir/err" |
    grep -qx 'llantern lesson: check: 0 failures, 5 warnings' ||
    bad 'no closing line'
printf -- '---\nelsewhere: nope.png, bg.gif, paper.pdf\n---\n' > "$dir/known.md"
grep -v -e '\.\./b' -e etc "$dir/pictures.md" >> "$dir/known.md"
run lesson check --strict "$dir/known.md"
is 0

# Too few pixels, links of no known form, minutes that do not add up.
printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\040\0\0\0\030' > "$dir/small.png"
cat > "$dir/form.md" <<'MD'
---
minutes: 3
---
# A

![a](small.png)

<!-- .slide: data-background-image="small.png" data-timing="100" -->

See [a](https://example.org/x), [b](good.md), [c](#top), [d](mailto:a@b.org).

[e](www.example.org)

[f](https://example)

[g](ftp://example.org)

[h](<a b>)

---

# B
MD
run lesson check "$dir/form.md"
[ "$code" -eq 0 ] || bad "found exit code $code, need 0"
for want in '6: warning: picture: small.png: found 32 x 24 pixels, need 160' \
    '8: warning: picture: small.png: found 32 x 24 pixels, need 1280 x 720' \
    '12: warning: link: "www.example.org": no https:// before it' \
    '14: warning: link: "https://example": no host in it' \
    '16: warning: link: "ftp://example.org": need https://' \
    '18: warning: link: "a b": blanks' \
    '21: warning: no data-timing on this slide' \
    "1: warning: minutes: 3, but the slides' data-timing comes to 1:40"; do
    grep -qF "form.md:$want" "$dir/err" || bad "does not say: $want"
done
[ "$(wc -l < "$dir/err")" -eq 8 ] || bad 'warns of more than that'
run lesson check --strict "$dir/form.md"
[ "$code" -eq 1 ] || bad "found exit code $code, need 1"

# One bad deck does not hide the next.
run lesson check -m "$model" "$dir/none.md" "$dir/good.md"
[ "$code" -eq 1 ] || bad "found exit code $code, need 1"
out 'good.md: 1 slides'
# What cannot be checked at all ends it, told once.
for i in 1 2 3 4; do
    printf '# A\n\n![](none.png)\n' > "$dir/again$i.md"
done
run lesson check -m "$dir/none.bin" "$dir"/again?.md
[ "$code" -eq 1 ] || bad "found exit code $code, need 1"
[ "$(grep -c 'again1.md:3: warning' "$dir/err")" -eq 1 ] ||
    bad 'a warning is not told once'
[ "$(wc -l < "$dir/err")" -eq 2 ] || bad 'tells of more than that'
run lesson check -m "$model"
fails 2 'found no deck, need DECK.md'
run lesson nonsense "$dir/good.md"
fails 2 'found "nonsense", need check, list or worksheet'

# Every lesson here is inside, under its file's name, and no other.
run lesson list
is 0
out 'name  '
n=$(($(wc -l < "$dir/out") - 1))
n_files=0
for deck in lessons/*.md; do
    lesson=$(basename "$deck" .md)
    [ "$lesson" = README ] && continue
    n_files=$((n_files + 1))
    grep -q "^$lesson  *[a-z].*  *[0-9][0-9]*  *[0-9]" "$dir/out" ||
        bad "does not list $lesson"
done
[ "$n" -eq "$n_files" ] || bad "found $n lessons, need $n_files"
out 'Predict'
[ "$(sed -n 's/^predict  *\(.*[^ ]\)  *Pre.*/\1/p' "$dir/out" | tr -s ' ')" = \
    'tales 4 8 - - 3 Predicting' ] ||
    bad 'predict has not its 4 slides and 8 beats'
# In the order of the course, the lecture first; and what is done of it.
[ "$(sed -n '2s/ .*//p;3s/ .*//p;17s/ .*//p' "$dir/out" | tr '\n' ' ')" = \
    'large-language-models predict cache ' ] || bad 'the order is another'
mkdir -p "$dir/state/llantern"
printf 'llantern history 1\nlesson 2 1 4 1-2,4 1 predict\n' \
    > "$dir/state/llantern/history"
run lesson list
is 0
[ "$(sed -n 's/^predict  *\(.*[^ ]\)  *Pre.*/\1/p' "$dir/out" | tr -s ' ')" = \
    'tales 4 8 3/4 1/2 3 Predicting' ] || bad 'what is done is not told'
printf 'llantern history 1\nlesson x\n' > "$dir/state/llantern/history"
run lesson list
[ "$code" -eq 0 ] || bad 'a damaged history ends it'
grep -q '^llantern lesson: history: .*/history: line 2: ' "$dir/err" ||
    bad 'a damaged history is not told'
[ "$(wc -l < "$dir/err")" -eq 1 ] || bad 'it is told in more than a line'
LLANTERN_NO_HISTORY=1
export LLANTERN_NO_HISTORY
run lesson list
is 0
unset LLANTERN_NO_HISTORY
rm -r "$dir/state"
run lesson list more
fails 2 'list: found "more", need no more'
run lesson list --values
fails 2 '--values: not used with list'
run lesson
fails 2 'needs check DECK.md... | list | worksheet LESSON'

# Opened by name: the slide on the picture is that lesson's.
for c in view export; do
    run $c --lesson nonsense
    fails 2 'lesson: found "nonsense", need '
    grep -qE 'need .*large-language-models.* or [a-z-]*' "$dir/err" ||
        bad 'the error does not list the lessons'
    run $c --lesson predict "$dir/good.md"
    fails 2 '--lesson: not used with a deck'
done
for lesson in predict large-language-models; do
    run export --window --lesson $lesson -o "$dir/$lesson.png" \
        --width 640 --height 480
    is 0
done
cmp -s "$dir/predict.png" "$dir/large-language-models.png" &&
    bad 'both lessons show the same slide'
run export --window -o "$dir/first.png" --width 640 --height 480
is 0
cmp -s "$dir/predict.png" "$dir/first.png" || bad 'predict is not the first lesson'
finish
