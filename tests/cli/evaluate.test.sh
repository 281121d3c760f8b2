#!/bin/sh
# evaluate, on the embedded model: what it knows, what its heads do, and that
# more training on questions teaches answers.
. tests/cli/lib.sh

run evaluate -n 30 --samples 30
if grep -q 'no model is embedded' "$dir/err"; then
    echo 'skip: evaluate: no model is embedded'
    exit 0
fi
is 0
# right KIND: of how many references, in percent.
right() {
    sed -n "s/^$1: .* right, \([0-9]*\).*/\1/p" "$dir/out"
}
for kind in names pronouns things; do
    [ "$(right $kind)" -ge 90 ] || bad "$kind: found $(right $kind) % right"
done
[ "$(awk '/ right, / {sum[$1 == "references:"] += $4}
    END {print sum[0] - sum[1]}' "$dir/out")" = 0 ] ||
    bad 'the kinds of references do not add up to all'
out 'entropy: '
out 'most previous: head '
out 'most induction: head '
out 'most recall: head '

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
[ "$after" -gt $((before + 10)) ] ||
    bad "answers: found $before right before and $after after"

run evaluate -m embedded:nothing -n 1
fails 2 'embedded:nothing: no such model is embedded'
finish
