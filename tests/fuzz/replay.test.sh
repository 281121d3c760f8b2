#!/bin/sh
# Every fuzz target on the seeds and on its committed corpus.
set -u
fuzz=${OUT:-build/gcc}/tests/fuzz
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$fuzz/seeds" "$tmp" || exit 1
failed=0
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    TMPDIR=$tmp "$fuzz/fuzz_$name" "$tmp/$name" "tests/fuzz/corpus/$name" ||
        failed=1
done
exit "$failed"
