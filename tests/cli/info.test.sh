#!/bin/sh
# info: shape, tensors, memory; files that are no model.
. tests/cli/lib.sh

run info -m "$model"
is 0
has() { grep -qE "^$1 +$2" "$dir/out" || bad "no line '$1 $2'"; }
has model tales
has format 'llama2.c v0$'
has architecture 'LLaMA$'
has parameters 787584
has 'query heads' 4
has 'key-value heads' 2
has 'RoPE base \(theta\)' 10000
has tokenizer 'assets/models/tales.tok.bin'
has '  token_embedding_table' 'f32 +\[768, 128\] +28 +393216$'
# The tensors follow one another from the header to the end of the file, but
# for the two unused tables of rotations.
awk '/offset/ { list = 1; next } list { sum += $NF } END { print sum }' \
    "$dir/out" > "$dir/sum"
size=$(wc -c < "$model")
[ $((28 + $(cat "$dir/sum") + 2 * 256 * 16 * 4)) -eq "$size" ] ||
    bad 'the tensors do not fill the file'

cp "$model" "$dir/alone.bin"
run info -m "$dir/alone.bin"
is 0
grep -q '^tokenizer .*alone.tok.bin' "$dir/out" || bad 'what was looked for?'

head -c 5000 "$model" > "$dir/cut.bin"
run info -m "$dir/cut.bin"
fails 1 "$dir/cut.bin: "
# A tokenizer that is there and cannot be read: all else is told before that.
mkdir "$dir/broken"
cp "$model" "$dir/broken/broken.bin"
echo '{' > "$dir/broken/tokenizer.json"
run info -m "$dir/broken/broken.bin"
fails 1 "$dir/broken/tokenizer.json: JSON: "
has model broken
has tokenizer "$dir/broken/tokenizer.json \(cannot be read\)$"
has '  token_embedding_table' f32
run bench -m "$dir/broken/broken.bin" --seconds 0
fails 1 "$dir/broken/tokenizer.json: JSON: "
run info -m embedded:step-000400
is 0
has tokenizer 'embedded$'
run info -m embedded
is 0
has model tales

# Far larger than memory: 39 GB, all but the head being holes.
"$OUT/tests/bench/make_gguf" 70b q4_0 "$dir/70b.gguf" sparse
run info -m "$dir/70b.gguf"
is 0
has model 70b
has parameters 68976648192
has '  blk.79.ffn_down.weight' 'q4_0 +\[8192, 28672\] +[0-9]+ +132120576$'
has '  weights' '38.8 GB'
has '  in all' '[0-9.]+ GB'
has '  this machine' '[0-9.]+ [GT]B'
# What does not fit is refused before it is tried.
if [ -z "${SAN:-}" ]; then
    (
        ulimit -d 300000
        run generate -m "$dir/70b.gguf" -n 1
        fails 1 "$dir/70b.gguf: memory: found 0.29 GB, need 38.9"
        exit "$failures"
    ) || failures=$((failures + 1))
fi

run info -m "$model" extra
fails 2 'unexpected "extra"'
finish
