#!/bin/sh
# `llantern corpus` from outside.  LLANTERN is the binary.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
    echo "corpus.test.sh: $*"
    exit 1
}
corpus() { "$LLANTERN" corpus "$@"; }

# A file and standard output say the same, and the same again.
corpus -n 200 --seed 4 > "$dir/a"
corpus -n 200 --seed 4 -o "$dir/b"
cmp "$dir/a" "$dir/b" || fail '-o differs from standard output'
[ "$(wc -l < "$dir/a")" -eq 200 ] || fail '-n 200 is not 200 lines'
corpus -n 200 --seed 5 > "$dir/c"
cmp -s "$dir/a" "$dir/c" && fail 'two seeds give the same'

# The embedded grammar is that of the folder.
corpus -n 200 --seed 4 --world assets/world > "$dir/c"
cmp "$dir/a" "$dir/c" || fail 'the embedded grammar is another one'

# Nothing held out is drawn otherwise.
corpus -n 2000 --held-out | sort > "$dir/held"
corpus -n 20000 | sort > "$dir/training"
[ -z "$(comm -12 "$dir/held" "$dir/training")" ] || fail 'a held-out story'

# What was drawn is accepted; what was changed is told with its place.
corpus --check "$dir/a" | grep -q '^200 of 200 lines accepted' ||
    fail 'drawn stories are refused'
corpus --questions -n 50 | grep -c ' Question: .* Answer: .*\.$' |
    grep -qx 50 || fail 'no question and answer'
sed '7s/"$/x/; 7s/\.$/!/' "$dir/a" > "$dir/bad"
corpus --check "$dir/bad" > "$dir/out" 2> "$dir/err"
grep -q '^199 of 200 lines accepted (99.5 %)' "$dir/out" ||
    fail 'a changed story is accepted'
grep -q "^$dir/bad:7:[0-9]*: after \".*\" found \"!\", need \"\\.\"" \
    "$dir/err" || fail "no place: $(cat "$dir/err")"

# The true next words, likeliest first, and together 1.
corpus --next 'Mia was a' | awk '
    { sum += $1; if (NR > 1 && $1 > last) exit 1; last = $1 }
    END { exit !(sum > 0.99999 && sum < 1.00001) }' || fail '--next'
corpus --next 'Mia is' 2> "$dir/err" && fail '--next takes any text'
grep -q '^llantern corpus: next: no story begins so from byte 4 on' \
    "$dir/err" || fail "--next: $(cat "$dir/err")"

corpus --stats -n 300 | grep -q '^entropy per text  *[0-9.]*  bits' ||
    fail '--stats'
corpus --stats --next x 2> /dev/null && fail 'two tasks at once'
mkdir "$dir/world"
printf 'rule story\n  - {a}\n' > "$dir/world/mine.txt"
corpus --world "$dir/world" 2> "$dir/err" && fail 'a broken grammar'
grep -q "^llantern corpus: $dir/world/mine.txt:2: a: found no such variable" \
    "$dir/err" || fail "--world: $(cat "$dir/err")"
