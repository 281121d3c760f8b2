#!/bin/sh
# trace: files, limits and wrong words.  What is in the file is checked with
# numpy by tests/trace.
. tests/cli/lib.sh

run trace -m "$model" -p 'Once there' -o "$dir/a.npz"
is 0
run trace -m "$model" -p 'Once there' -o "$dir/b.npz" --budget 0
is 0
cmp "$dir/a.npz" "$dir/b.npz" || bad 'computed again, it is not the same'
run trace -m "$model" -p 'Once there' -o "$dir/c.npz" --sites pattern,logits
is 0
[ "$(wc -c < "$dir/c.npz")" -lt "$(wc -c < "$dir/a.npz")" ] ||
    bad 'fewer sites are not less'
run trace -m "$model" -p 'Once there' -o "$dir/d.npz" -n 5
is 0
[ "$(wc -c < "$dir/d.npz")" -gt "$(wc -c < "$dir/a.npz")" ] ||
    bad 'more tokens are not more'

run trace -m "$model" -p a
fails 2 '--output: needs -o FILE.npz'
run trace -m "$model" -p a -o "$dir/e.npz" --sites nonsense
fails 2 'sites: found "nonsense", need all embed'
run trace -m "$model" -p a -o "$dir/e.npz" --budget 5X
fails 2 '--budget: found "5X", need bytes'
run trace -m "$model" -p a -o "$dir/e.npz" -n 1000
fails 1 'allowed 256'
[ -e "$dir/e.npz" ] && bad 'a file was written all the same'
cannot_save npz trace -m "$model" -p a
finish
