#!/bin/sh
# bench: every row is there and filled, as a table and as CSV, of files and of
# models that it makes.
. tests/cli/lib.sh

csv=$dir/bench.csv
n='[0-9]+(\.[0-9]+)?'
# One row of the CSV that begins so, from the third column on.
row() {
    cut -d, -f 3- "$csv" | grep -qE "^[a-z0-9]+,$1" || bad "no row for $1"
}
columns() {
    awk -F, 'NF != 16 { exit 1 }' "$csv" || bad 'a row has not 16 columns'
}

run bench --shape small --type f32,q4_0 --seconds 0 --csv "$csv" --note 'a note'
is 0
out 'small-f32'
out 'small-q4_0'
out ', a note'
columns
for made in small-f32,f32 small-q4_0,q4_0; do
    for trace in off 'all stored' 'first time' 'budget 0'; do
        for what in decode,GB/s prefill,GFLOP/s; do
            row "$made,1,${what%%,*},$trace,$n,tokens/s,$n,$n,$n,$n,${what##*,},$n\$"
        done
    done
    row "$made,[0-9]+,site,budget 0,[0-9.]+,ms,,,,,,$"
    row "$made,[0-9]+,pattern,budget 0,[0-9.]+,ms,,,,,,$"
done
# A decoded token is never free, and f32 decoding is as fast as itself.
row "small-f32,f32,1,decode,off,[1-9][0-9.]*,tokens/s,1\.000,1\.000,"
grep -q ',a note,' "$csv" || bad 'the note is not in the CSV'

# A BERT writes no next token: whole texts are timed, nothing is decoded.
run bench -m embedded:bert --seconds 0 --csv "$csv"
is 0
out 'bert: 794305 parameters, '
columns
row 'bert,f16,1,prefill,all stored,[1-9]'
grep -q ',decode,' "$csv" && bad 'a BERT decodes'

run bench --shape 14M
fails 2 '--shape: found "14M", need one of small|15M|110M|1.1B|7B|gpt2|'
run bench --shape small --type q9
fails 2 '--type: found "q9"'
run bench --shape small --type q4_k --seconds 0 # rows of 128
fails 1 'small: type q4_k: found rows of 128 and 352, need whole blocks of 256'
run bench --shape small -m x.bin
fails 2 '--shape: found a model too'
run bench --shape small --seconds 0 --csv "$dir/none/bench.csv"
[ "$code" -eq 1 ] || bad 'a file that cannot be saved went unnoticed'
run bench --seconds -1
fails 2 '--seconds: found "-1"'

run bench -m "$model" --seconds 0 --csv "$csv"
is 0
out 'tales: '
columns
row 'tales,f32,1,decode,off'
finish
