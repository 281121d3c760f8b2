#!/bin/sh
# make training: measures the steps of the embedded model's training for the
# view `learn`, and prints a table of them, a row a step.
#
#     sh assets/training.sh build/llantern 000000 000010 ...
#
# Columns, with tabs between them: step, checksum (of `info`), texts, told
# (stories of as many that are the world's), loss, entropy, names, pronouns,
# things (per cent right), then for each of previous, first, same, induction and
# recall the head that does most of it and its score, all of `evaluate`; then
# the byte at which the story leaves the world (`corpus --check`; -1: nowhere)
# and the story.  What is not printable ASCII in it is written "?".
set -eu
llantern=$1
shift
texts=100
story=$(mktemp)
trap 'rm -f "$story"' EXIT

figures() { # of `evaluate`
    awk '
    /^told:/ { told = $2 }
    /^(names|pronouns|things):/ { right[$1] = $6 }
    /^loss:/ { loss = $2 }
    /^entropy:/ { entropy = $2 }
    /^most/ { sub(",", "", $4)
              heads = heads "\t" $4 "\t" $5 }
    END { printf "%s\t%s\t%s\t%s\t%s\t%s%s\n", told, loss, entropy,
                 right["names:"], right["pronouns:"], right["things:"], heads }'
}

for step; do
    model=embedded:step-$step
    "$llantern" generate -m "$model" -n 256 -t 0.8 --top-p 0.9 --seed 1 \
        -p Once | LC_ALL=C tr -c '\040-\176\n' '?' | head -1 > "$story"
    sum=$("$llantern" info -m "$model" | awk '/^checksum/ { print $2 }')
    slip=$("$llantern" corpus --check "$story" 2>&1 >/dev/null |
        sed -n 's/^[^:]*:1:\([0-9]*\):.*/\1/p')
    printf '%d\t%s\t%d\t%s\t%d\t%s\n' "$((1$step - 1000000))" "$sum" $texts \
        "$("$llantern" evaluate -m "$model" -n $texts --samples $texts | figures)" \
        "$((${slip:-0} - 1))" "$(cat "$story")"
done
