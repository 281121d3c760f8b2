#!/bin/sh
# What holds for all commands: help, versions, wrong words, a full disk.
. tests/cli/lib.sh
commands='view generate export trace info tokens lesson bench
    tokenizer train evaluate'

run --help
is 0
for c in $commands; do out "  $c "; done
out '             Fails after all of that when its tokenizer cannot be read.'
[ "$(awk 'length > 80' "$dir/out")" = '' ] || bad 'help is over 80 columns'
run --version
is 0
out 'llantern '

for c in $commands; do
    run "$c" --help
    is 0
    out "usage: llantern $c"
    [ "$(awk 'length > 80' "$dir/out")" = '' ] || bad 'help is over 80 columns'
    run "$c" --no-such-option
    fails 2 "--no-such-option: unknown option; see llantern $c --help"
done
run nonsense
fails 2 'unknown command "nonsense"; see llantern --help'
run --no-such-option
fails 2 'llantern view: --no-such-option: unknown option'

# A window or a model is not needed to say what is missing.
run generate -m "$dir/none.bin"
fails 1 "$dir/none.bin: open"
run info -m "$dir"
fails 1 "$dir: "
head -c 100 /dev/zero > "$dir/zero.bin"
for c in generate info bench view; do
    run "$c" -m "$dir/zero.bin"
    fails 1 "llantern $c: $dir/zero.bin: "
done

if [ -c /dev/full ]; then
    words='--help > /dev/full'
    "$LLANTERN" --help > /dev/full 2> "$dir/err"
    code=$?
    fails 1 'standard output: write: No space left on device'
fi
words='--help >&-'
"$LLANTERN" --help >&- 2> "$dir/err"
code=$?
fails 1 'standard output: write'
finish
