#!/bin/sh
# bench: every row is there and filled, as a table and as CSV.
. tests/cli/lib.sh
need_model

run bench -m "$model" --seconds 0
is 0
out 'stories260K, 1 rounds, medians'
run bench -m "$model" --seconds 0 --csv
is 0
[ "$(head -n 1 "$dir/out" | tr -cd , | wc -c)" -eq 9 ] || bad 'not 10 columns'
for feed in decode prefill; do
    for trace in off 'all stored' 'budget 0'; do
        grep -qE "^[a-z0-9]+,1,$feed,$trace,[1-9][0-9.]*,[0-9.]+,[0-9.]+," \
            "$dir/out" || bad "no row for $feed, $trace"
    done
done
awk -F, 'NF != 10 { exit 1 }' "$dir/out" || bad 'a row has not 10 columns'
run bench -m "$model" --seconds -1
fails 2 '--seconds: found "-1"'
finish
