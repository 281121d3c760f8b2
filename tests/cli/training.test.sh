#!/bin/sh
# assets/models/steps/training.tsv is of the embedded steps: every checksum is
# their models', and what one row says is measured again.
. tests/cli/lib.sh
table=assets/models/steps/training.tsv

rows=0
while IFS='	' read -r step sum _; do
    file=$(printf 'step-%06d' "$step")
    run info -m "embedded:$file"
    out "$sum"
    rows=$((rows + 1))
done < "$table"
[ "$rows" -eq "$(find assets/models/steps -name 'step-*.bin' | wc -l)" ] ||
    bad "$table: found $rows rows, need one for each step"

words="($table)"
: > "$dir/err"
sh assets/training.sh "$LLANTERN" 000700 > "$dir/row" 2> "$dir/err" ||
    bad 'assets/training.sh fails'
grep '^700	' "$table" > "$dir/want"
cmp -s "$dir/row" "$dir/want" || {
    cat "$dir/row" "$dir/want" > "$dir/err"
    bad 'is not what is measured now (make training)'
}
# Its numbers are those of the program's own reports.
[ "$(awk -F '\t' '{ print $4, $5, $6, $16, $17 }' "$dir/want")" = \
    '3 0.4706 0.2825 1.1 0.907' ] || bad 'is not what evaluate said'
finish
