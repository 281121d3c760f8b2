#!/bin/sh
# tokens: pieces, ids, spans; merges; where the text comes from.
. tests/cli/lib.sh

cat > "$dir/expected" <<'TXT'
 token      id         bytes  piece
     0       1          0..0  <s>
     1     371          0..4  ␣Once
     2     339         4..10  ␣there
     3     717        10..11  ␣
     4     233        11..12  <E6>
     5     154        12..13  <97>
     6     168        13..14  <A5>
TXT
for way in '-p' '--'; do
    run tokens -m "$model" "$way" 'Once there 日'
    is 0
    cmp "$dir/expected" "$dir/out" || bad 'not the tokens'
done
words="tokens -m $model -"
printf 'Once there 日' | "$LLANTERN" tokens -m "$model" - > "$dir/out" \
    2> "$dir/err"
code=$?
is 0
cmp "$dir/expected" "$dir/out" || bad 'not the tokens'

run tokens -m "$model" --merges 'Once there'
is 0
out '[␣Once]'
out '[␣there]'
out '  merge score  '
# Every merge makes one symbol of two: eleven (one is the space put first) end as
# two tokens.
steps=$(sed '1d;/^$/,$d' "$dir/out" | wc -l)
[ "$steps" -eq 9 ] || bad "found $steps merges, need 9"

run tokens -m "$model"
fails 2 'needs one text'
run tokens -m "$model" -p a b
fails 2 'needs one text'
run tokens -m "$model" a b
fails 2 'unexpected "b"'
words="tokens -m $model -"
head -c 65537 /dev/zero | tr '\0' a |
    "$LLANTERN" tokens -m "$model" - > "$dir/out" 2> "$dir/err"
code=$?
fails 1 'found 65537 bytes, allowed 65536'
finish
