#!/bin/sh
# A model file that is changed under a running command: one line, exit code 1.
. tests/cli/lib.sh
make_gguf=$OUT/tests/bench/make_gguf

# under STEPS COMMAND: so many steps of generate, COMMAND being done as soon as
# the first bytes have come.
under() {
    words="generate while $2"
    "$make_gguf" 40m f32 "$dir/big.gguf" sparse || bad 'no file was made'
    {
        "$LLANTERN" generate -m "$dir/big.gguf" -p 'the cat' -n "$1" -t 0 \
            2> "$dir/err"
        echo $? > "$dir/code"
    } | {
        head -c 2 > /dev/null
        "$2"
        cat > /dev/null
    }
    code=$(cat "$dir/code")
}
cut_off() { truncate -s 100000 "$dir/big.gguf"; }
copied_over() { "$make_gguf" 40m q8_0 "$dir/big.gguf" sparse; }
replaced() {
    "$make_gguf" 40m q8_0 "$dir/other.gguf" sparse
    mv "$dir/other.gguf" "$dir/big.gguf"
}

under 0 cut_off
fails 1 "$dir/big.gguf: "
grep -q 'changed while it was in use\|cut off while it was in use' \
    "$dir/err" || bad 'it does not say why'
under 0 copied_over
fails 1 "$dir/big.gguf: "
# The map holds the old file, whose name is free for another.
under 60 replaced
is 0
finish
