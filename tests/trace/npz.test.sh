#!/bin/sh
# `llantern trace` on a real model, opened with numpy.  LLANTERN is the binary.
set -eu
model=assets/models/tales.bin
tokenizer=assets/models/tales.tok.bin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$LLANTERN" trace -m "$model" -z "$tokenizer" -p 'The cat sat' -o "$dir/t.npz"
status=0
/usr/bin/python3 tests/trace/npz_check.py "$dir/t.npz" \
    4 4 2 32 128 320 768 || status=$?
if [ "$status" -eq 127 ]; then
    echo 'skip: npz: there is no python3'
    exit 77
fi
exit "$status"
