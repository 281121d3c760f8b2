#!/bin/sh
# What who-speaks.md and said-again.md say of many texts, measured on all: over each
# set the least, the mean and the largest probability, and how many are below
# half.
. tests/cli/lib.sh

girls='Anna Ella Kate Lily Mia Nora Ruby Zoe'
boys='Ben Finn Hugo Jack Leo Max Sam Tom'

begin() {
    printf -- '---\nmodel: tales\n---\n' > "$dir/deck.md"
}
# text EDIT PROMPT CLAIM: one more text; the claim fails, and says its value.
text() {
    printf '# T\n<!-- .stage: view=next edit="%s" prompt="%s" -->\n' "$1" \
        "$2" >> "$dir/deck.md"
    printf '<!-- .claim: %s > 9 -->\n\n---\n\n' "$3" >> "$dir/deck.md"
}
# holds NAME N CONDITION: an awk condition on n, least, mean, most, below.
holds() {
    "$LLANTERN" lesson check "$dir/deck.md" > "$dir/out" 2> "$dir/err"
    sed -n 's/.*> 9: found \([0-9.e+-]*\).*/\1/p' "$dir/err" |
        awk -v name="$1" -v want="$2" '
            { sum += $1; below += $1 < .5
              if (NR == 1 || $1 < least) least = $1
              if ($1 > most) most = $1 }
            END { n = NR; mean = sum / n
                  printf "%s: n %d, %.4f to %.4f, mean %.4f, %d below half\n",
                         name, n, least, most, mean, below
                  exit !(n == want && ('"$3"')) }' > "$dir/said" && return
    failures=$((failures + 1))
    echo "who_speaks: not so: $3" >&2
    cat "$dir/said" >&2
}

# pairs EDIT WHO CLAIM: every girl meets every boy; WHO of them is greeted.
pairs() {
    begin
    for girl in $girls; do
        for boy in $boys; do
            eval "greeted=\$$2"
            eval "claim=\"$3\""
            text "$1" "Once there was a kind girl named $girl. One day, she \
went to the park. There she met $boy. \\\"Hello, $greeted!\\\" said" "$claim"
        done
    done
}
speaker='prob(token=\" $girl\")'
attends='attn(layer=3, head=%d, from=\"said\", to=%d)'
pairs '' boy "$speaker"
holds 'she greets' 64 'least > .995'
pairs '' girl 'prob(token=\" $boy\")'
holds 'he greets' 64 'least > .995'
for place in '0 28' '2 23' '3 8'; do
    # shellcheck disable=SC2059,SC2086 # a format and two numbers
    pairs '' boy "$(printf "$attends" $place)"
    holds "head 3.$place" 64 'least > .99'
done
pairs 3.2 boy "$speaker"
holds 'without 3.2' 64 'least > .995'
pairs 3.0 boy "$speaker"
holds 'without 3.0' 64 'mean > .255 && mean < .265 && least > .03 && least < .045 && most > .765 && most < .775'
pairs 3.3 boy "$speaker"
holds 'without 3.3' 64 'mean > .125 && mean < .135'

# lists EDIT: five words of thirteen, and the first two once more.
lists() {
    begin
    for step in 1 2 5; do
        for first in 0 1 2 3 4 5 6 7 8 9 10 11 12; do
            set -- "$1" drum plum kite car egg ball box bed hat pear boat \
                book doll
            said='' third=''
            for k in 0 1 2 3 4 0 1; do
                i=$(((first + step * k) % 13 + 2))
                eval "word=\${$i}"
                said="$said${said:+ }$word"
                [ "$k" -ne 2 ] || third=$word
            done
            text "$1" "$said" "prob(token=\" $third\")"
        done
    done
}
lists ''
holds 'lists' 39 'least > .99'
lists 0.2
holds 'lists without 0.2' 39 'below == 37'

# toys EDIT: two toys in two places, and where the one asked for is.
toys() {
    begin
    for a in ball car kite doll drum boat; do
        for b in ball car kite doll drum boat; do
            [ "$a" != "$b" ] || continue
            for one in 'in the box' 'under the bed'; do
                other='in the box'
                [ "$one" != "$other" ] || other='under the bed'
                for asked in "$a" "$b"; do
                    where=$one
                    [ "$asked" = "$a" ] || where=$other
                    text "$1" "Mia was a kind girl. One day, Mia put the red \
$a $one and the blue $b $other. Then Tom came to play. \\\"Can we play with the \
$asked?\\\" asked Tom. Mia found the $asked" "prob(token=\" ${where%% *}\")"
                done
            done
        done
    done
}
toys ''
holds 'toys' 120 'least > .98'
toys 0.2
holds 'toys without 0.2' 120 'mean > .395 && mean < .41'
finish
