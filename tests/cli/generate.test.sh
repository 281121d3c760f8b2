#!/bin/sh
# generate: the text of llama2.c's run, sampling, limits.
. tests/cli/lib.sh

# What llama2.c's run prints for this model at temperature 0, 200 steps.
cat > "$dir/expected" <<'TXT'
Once there was a kind boy named Hugo. He loved to eat rice. One day, Hugo had two toys, a red doll and a yellow drum. He put the doll in the drawer and the drum under the bed. Then Mia came to play. "Can we play with the drum?" asked Mia. Hugo found the drum under the bed. They played it together. Hugo was happy to have the red doll. That night Hugo slept with the doll next to his bed.
TXT
run generate -m "$model" -t 0 -n 200
is 0
cmp "$dir/expected" "$dir/out" || bad 'not the text of llama2.c'

# The options' other spellings mean the same.
run generate --model="$model" --temperature 0 --steps=200
is 0
cmp "$dir/expected" "$dir/out" || bad 'not the text of llama2.c'
run generate -m"$model" -z "$(dirname "$model")/tales.tok.bin" -t0 -n200
is 0
cmp "$dir/expected" "$dir/out" || bad 'not the text of llama2.c'
run generate -m "$model" -k 1 -n 200
is 0
cmp "$dir/expected" "$dir/out" || bad 'the one likeliest is not the likeliest'

# A prompt comes out as it went in, and the text goes on.
run generate -m "$model" -t 0 -n 40 -p 'The cat'
is 0
grep -q '^The cat ' "$dir/out" || bad 'the prompt is not the beginning'
# Steps count the prompt: BOS and two pieces are three runs.
run generate -m "$model" -t 0 -n 1 -p 'Once there'
is 0
[ "$(cat "$dir/out")" = Once ] || bad 'a step too many or too few'
run generate -m "$model" -t 0 -n 40 -p 'héllo 日本 '
is 0
grep -q '^héllo 日本 ' "$dir/out" || bad 'bytes were lost'

# Wherever the steps end, that is not inside a character.
for n in 1 2 3 4 5 6 7 8; do
    run generate -m "$model" -t 0 -n $n -p '日本é'
    is 0
    iconv -f UTF-8 -t UTF-8 "$dir/out" > /dev/null 2>&1 ||
        bad 'the text ends inside a character'
done

# The same seed gives the same text, another seed another one.
run generate -m "$model" --seed 5 -n 60
is 0
cp "$dir/out" "$dir/five"
run generate -m "$model" --seed 5 -n 60
cmp -s "$dir/five" "$dir/out" || bad 'a seed does not repeat'
run generate -m "$model" --seed 6 -n 60
cmp -s "$dir/five" "$dir/out" && bad 'the seed does not matter'

run generate -m "$model" -n 0 -t 0
is 0
cp "$dir/out" "$dir/all"
run generate -m "$model" -n 256 -t 0
cmp "$dir/all" "$dir/out" || bad '0 steps are not the whole context'

run generate -m "$model" -n
fails 2 '--steps: needs a value'
run generate -m "$model" -n 3.5
fails 2 '--steps: found "3.5", need a whole number from 0'
run generate -m "$model" -t -1
fails 2 '--temperature: found "-1", need a number from 0'
run generate -m "$model" --top-p nan
fails 2 '--top-p: found "nan"'
run generate -m "$model" --seed -1
fails 2 '--seed: found "-1"'
run generate -m "$model" nonsense
fails 2 'unexpected "nonsense"'
run generate -m "$model" -p "$(head -c 3000 /dev/zero | tr '\0' z)"
fails 1 'prompt: found'
run generate -m "$model" -z "$model"
fails 1 "$model: "

words="generate -m $model > /dev/full"
if [ -c /dev/full ]; then
    "$LLANTERN" generate -m "$model" > /dev/full 2> "$dir/err"
    code=$?
    fails 1 'standard output: write: No space left on device'
fi
# A reader that goes away ends it: not by a signal, and nothing is said.
words="generate -m $model | head -c 1"
{
    "$LLANTERN" generate -m "$model" -n 0 2> "$dir/err"
    echo $? > "$dir/code"
} | head -c 1 > /dev/null
code=$(cat "$dir/code")
is 1
# What is inside is called as it is asked for.
run generate -m embedded:bert -p Mia
fails 1 'llantern generate: embedded:bert: a model of BERT predicts masked words'
finish
