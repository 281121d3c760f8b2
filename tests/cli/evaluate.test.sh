#!/bin/sh
# evaluate, on the embedded model: what it knows, what its heads do, and that
# more training on questions teaches answers.
. tests/cli/lib.sh

run evaluate -n 30 --samples 30
is 0
# right KIND: of how many references, in percent.
right() {
    sed -n "s/^$1: .* right, \([0-9]*\).*/\1/p" "$dir/out"
}
for kind in names pronouns things; do
    [ "$(right $kind)" -ge 95 ] || bad "$kind: found $(right $kind) % right"
done
[ "$(awk '/ right, / {sum[$1 == "references:"] += $4}
    END {print sum[0] - sum[1]}' "$dir/out")" = 0 ] ||
    bad 'the kinds of references do not add up to all'
out 'entropy: '
# most WHAT LEAST: the head that does most of it does at least so much.
most() {
    found=$(sed -n "s/^most $1: head [0-9.]*, //p" "$dir/out")
    awk "BEGIN {exit !(${found:-0} >= $2)}" ||
        bad "most $1: found $found, need $2"
}
most previous 0.6
most induction 0.4
most recall 0.6
out 'most first: head '
out 'most same: head '
told=$(sed -n 's/^told: \([0-9]*\) of 30 .*/\1/p' "$dir/out")
[ "$told" -ge 26 ] || bad "told: found $told of 30 stories of the world"
above=$(sed -n 's/^entropy: .* is \(-*[0-9.]*\) % above it/\1/p' "$dir/out")
awk "BEGIN {exit !(${above:-99} < 5)}" || bad "loss: $above % above entropy"

# Its siblings of the same stories know them, too.
run evaluate -m embedded:gpt2 -n 20 --samples 0
is 0
for kind in names pronouns things; do
    [ "$(right $kind)" -ge 95 ] || bad "gpt2: $kind: $(right $kind) % right"
done
run evaluate -m embedded:bert -n 10
is 0
# restored KIND LEAST
restored() {
    found=$(sed -n "s/^$1: .* restored, \([0-9]*\).*/\1/p" "$dir/out")
    [ "${found:-0}" -ge "$2" ] || bad "bert: $1: found $found %, need $2"
}
restored names 95
restored pronouns 95
restored things 60

# What lessons claim of a head is what this table says of it: claims MODEL N.
claims() {
    run evaluate -m "$1" -n 4 --samples 0
    is 0
    printf '# A\n<!-- .stage: prompt="Once" -->\n' > "$dir/roles.md"
    awk '/^head /  { for (i = 2; i <= NF; i++) kind[i] = $i }
        /^ *[0-9]+\.[0-9]+ / {
            split($1, place, ".")
            for (i = 2; i <= NF; i++)
                printf "<!-- .claim: role(kind=\"%s\", layer=%d, head=%d, n=4) " \
                    "== %s within 5.1e-4 -->\n", kind[i], place[1], place[2], $i
        }' "$dir/out" >> "$dir/roles.md"
    run lesson check -m "$1" "$dir/roles.md"
    is 0
    out "$2 claims checked, 0 skipped, 0 failures"
}
claims embedded:tales 80
claims embedded:bert 64 # no [SEP] ends its texts
# Where each token sees all others nothing is recalled.
sed -i 's/kind="[a-z]*"/kind="recall"/' "$dir/roles.md"
run lesson check -m embedded:bert "$dir/roles.md"
[ "$code" -eq 1 ] || bad "found exit code $code, need 1"
grep -qF 'role: "recall" says nothing of a model of BERT' "$dir/err" ||
    bad 'a role that it cannot have is no error'

# Untrained, it is right by chance alone.
run evaluate -m embedded:step-000000 -n 5 --samples 0
is 0
[ "$(right names)" -le 30 ] || bad 'untrained, it knows names'

run evaluate -n 30 --questions
is 0
before=$(sed -n 's/^answered: \([0-9]*\) of 30 .*/\1/p' "$dir/out")
run evaluate -m embedded:answers -n 30 --questions
is 0
after=$(sed -n 's/^answered: \([0-9]*\) of 30 .*/\1/p' "$dir/out")
[ "$after" -gt $((before + 20)) ] ||
    bad "answers: found $before right before and $after after"

# A model of masked words: what the rest of a story fixes is restored or not.
run corpus -n 400 -o "$dir/stories.txt"
is 0
run train "$dir/stories.txt" -o "$dir/bert.gguf" --arch bert \
    -z assets/models/tales.tok.bin --vocab 768 --dim 16 --layers 1 --heads 2 \
    --hidden 16 --context 256 --batch 1 -n 1
is 0
run evaluate -m "$dir/bert.gguf" -n 2
is 0
out ' words, each alone; the rest of its story leaves one word for '
# Where each token sees all others heads do other things.
for role in previous next first same; do
    out "most $role: head "
done
grep -qE 'induction|recall|last' "$dir/out" && bad 'looks for what comes next'
[ "$(awk '/ restored, / {sum[$1 == "all"] += $(NF - 3)}
    END {print sum[0] - sum[1]}' "$dir/out")" = 0 ] ||
    bad 'the kinds of masked words do not add up to all'
awk '/^loss:/ {loss = $2} /^entropy:/ {exit !(loss > $2)}' "$dir/out" ||
    bad 'a model of one step loses less than the world has'
run evaluate -m "$dir/bert.gguf" --questions -n 1
fails 1 'predicts masked words in their place, it writes no next token'
run evaluate -m "$dir/bert.gguf" "$dir/stories.txt" -n 1
fails 1 'predicts masked words in their place, it writes no next token'

run evaluate -m embedded:nothing -n 1
fails 2 'embedded:nothing: no such model is embedded'
finish
