#!/bin/sh
# tokens: pieces, ids, spans; merges; where the text comes from.
. tests/cli/lib.sh
need_model

cat > "$dir/expected" <<'TXT'
 token      id         bytes  piece
     0       1          0..0  <s>
     1     403          0..4  ␣Once
     2     407          4..9  ␣upon
     3     410         9..10  ␣
     4     233        10..11  <E6>
     5     154        11..12  <97>
     6     168        12..13  <A5>
TXT
for way in '-p' '--'; do
    run tokens -m "$model" "$way" 'Once upon 日'
    is 0
    cmp "$dir/expected" "$dir/out" || bad 'not the tokens'
done
words="tokens -m $model -"
printf 'Once upon 日' | "$LLANTERN" tokens -m "$model" - > "$dir/out" \
    2> "$dir/err"
code=$?
is 0
cmp "$dir/expected" "$dir/out" || bad 'not the tokens'

run tokens -m "$model" --merges 'Once upon'
is 0
out '[␣Once]'
out '[␣upon]'
# Every merge makes one symbol of two: ten (one is the space put first) end as
# two tokens.
steps=$(sed '1d;/^$/,$d' "$dir/out" | wc -l)
[ "$steps" -eq 8 ] || bad "found $steps merges, need 8"

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
