#!/bin/sh
# tokenizer, train, evaluate: from a text to a model, as people use them:
# interrupted, resumed, refused.
. tests/cli/lib.sh

# Eighty tales of two sentences.
tales=$dir/tales.txt
for i in $(seq 20); do
    echo 'Tom had a ball. He gave the ball to Mia.'
    echo 'Mia had a cake. She gave the cake to Tom.'
    echo 'Ben had a hat. He put the hat into the box.'
    echo 'Mia had a box. She put the box on the bed.'
done > "$tales"
train() {
    run train "$tales" --dim 32 --hidden 48 --layers 2 --heads 4 \
        --kv-heads 2 --context 32 --vocab 300 --batch 4 -n 60 "$@"
}

# A tokenizer, twice the same.
run tokenizer "$tales" -o "$dir/a.bin" --size 300
is 0
run tokenizer "$tales" -o "$dir/b.bin" --size 300
is 0
cmp -s "$dir/a.bin" "$dir/b.bin" || bad 'the same text, other tokenizers'
cannot_save bin tokenizer "$tales" --size 330

# A whole training, with its series, on a plain log.
train -o "$dir/whole.bin" --report 20 --checkpoints "$dir/series" --at 0,1,60
is 0
out 'step 60: loss '
grep -q "$(printf '\r')" "$dir/out" && bad 'a bar in a plain log'
for step in 000000 000001 000060; do
    [ -s "$dir/series/step-$step.bin" ] || bad "no step $step"
done
train -o "$dir/whole.bin" --force --checkpoints "$dir/compact" --at 0,60 \
    --compact
is 0
run info -m "$dir/compact/step-000060.bin" -z "$dir/whole.tok.bin"
is 0
out 'llama2.c v2'
cmp -s "$dir/series/step-000060.bin" "$dir/whole.bin" ||
    bad 'the last of the series is not the model'
[ "$(cut -f1 "$dir/series/steps.tsv" | tr '\n' ' ')" = '0 1 60 ' ] ||
    bad 'steps.tsv has other steps'
for made in whole.bin series/step-000000.bin; do
    run generate -m "$dir/$made" -n 20
    is 0
done
run evaluate -m "$dir/whole.bin" "$tales" -n 20
is 0
out 'loss: '
[ "$(grep -c '^ [01]\.[0-3] ' "$dir/out")" -eq 8 ] || bad 'not every head'
run evaluate -m "$dir/whole.bin" -n 3 --samples 2
is 0
out 'entropy: '
run evaluate -m "$dir/whole.bin" -n 3 --questions
is 0
out 'answered: 0 of 3 questions right'
run evaluate -m "$dir/whole.bin" --questions "$tales"
fails 2 'questions are about the world'

# Interrupted, wherever that is, and resumed: the same bytes.
words='train, interrupted'
code=0
for _ in 1 2 3 4 5; do # it may be done before it can be interrupted
    rm -f "$dir"/cut.*
    "$LLANTERN" train "$tales" -o "$dir/cut.bin" --dim 32 --hidden 48 \
        --layers 2 --heads 4 --kv-heads 2 --context 32 --vocab 300 --batch 4 \
        -n 60 > "$dir/out" 2> "$dir/err" &
    pid=$!
    while [ ! -s "$dir/cut.bin" ] && kill -0 "$pid" 2> /dev/null; do :; done
    kill -TERM "$pid" 2> /dev/null
    wait "$pid" && continue
    code=$?
    break
done
fails 1 "of 60; --resume $dir/cut.ckpt goes on"
run train "$tales" -o "$dir/cut.bin" --resume "$dir/cut.ckpt" --threads 1
is 0
cmp -s "$dir/cut.bin" "$dir/whole.bin" || bad 'resumed to another model'

# From a model's weights, which a schedule of no rate leaves as they are.
run train "$tales" -o "$dir/tuned.bin" --from "$dir/whole.bin" -n 1 --rate 0 \
    --rate-end 0
is 0
cmp -s "$dir/tuned.bin" "$dir/whole.bin" || bad 'not the weights it began with'

# A drill first, which is another training.
train -o "$dir/drilled.bin" --drill 3 --drill-steps 30
is 0
grep -q 'step 60: loss .*, drill ' "$dir/out" || bad 'no loss of the drill'
cmp -s "$dir/drilled.bin" "$dir/whole.bin" && bad 'a drill changed nothing'

# Another architecture: a GGUF with its tokenizer inside, also resumed.
gpt2() {
    run train "$tales" --arch gpt2 --dim 32 --hidden 48 --layers 2 --heads 4 \
        --context 32 --vocab 300 --batch 4 -n 20 "$@"
}
gpt2 -o "$dir/two.bin" --checkpoints "$dir/twos" --at 0,20 --compact
is 0
out "$dir/two.gguf: trained for 20 steps"
[ -e "$dir/two.bin" ] && bad 'a llama2.c file of a GPT-2'
mkdir "$dir/alone"
cp "$dir/two.gguf" "$dir/alone/"
for made in two.gguf alone/two.gguf twos/step-000020.gguf; do
    run generate -m "$dir/$made" -p 'Mia had' -n 10 -t 0
    is 0
    cp "$dir/out" "$dir/said"
done
run generate -m "$dir/two.gguf" -z "$dir/two.tok.bin" -p 'Mia had' -n 10 -t 0
cmp -s "$dir/out" "$dir/said" || bad 'inside is another tokenizer'
run info -m "$dir/two.gguf"
is 0
out 'GPT-2'
run train "$tales" --arch gpt2 --dim 32 --hidden 48 --layers 2 --heads 4 \
    --context 32 --vocab 300 --batch 4 -n 20 -o "$dir/again.gguf" --threads 1
is 0
cmp -s "$dir/again.gguf" "$dir/two.gguf" || bad 'twice, other models'
run train "$tales" --resume "$dir/two.ckpt" -o "$dir/more.gguf"
is 0
cmp -s "$dir/more.gguf" "$dir/two.gguf" || bad 'another model in its checkpoint'
run train "$tales" --from "$dir/two.gguf" -o "$dir/tuned2.gguf" -n 1 --rate 0 \
    --rate-end 0
is 0
cmp -s "$dir/tuned2.gguf" "$dir/two.gguf" || bad 'not the weights it began with'
gpt2 -o "$dir/x.bin" --kv-heads 2
fails 1 'n_kv_heads: found 2, need the 4 of n_heads in a GPT-2'
train -o "$dir/x.bin" --arch gpt3
fails 2 '--arch: found "gpt3", need llama, gpt2 or bert'
for arch in qwen2 mistral; do
    train -o "$dir/x.bin" --arch $arch
    fails 2 "--arch: found \"$arch\", need llama, gpt2 or bert"
done

# A BERT learns what is hidden: one piece more, and what is said of its losses.
bert() {
    run train "$tales" --arch bert --dim 32 --hidden 48 --layers 2 --heads 4 \
        --context 32 --vocab 300 --batch 4 -n 20 "$@"
}
bert -o "$dir/hid.bin" --checkpoints "$dir/hids" --at 0,20 --compact
is 0
out "$dir/hid.gguf: trained for 20 steps"
out 'V 301'
grep -q '^step 20: loss [0-9.]*, held out [0-9.]* nats per masked token$' \
    "$dir/out" || bad 'no unit of the loss'
for made in hid.gguf hids/step-000020.gguf; do
    run info -m "$dir/$made"
    is 0
    out 'BERT'
    run tokens -m "$dir/$made" 'Mia had a [MASK].'
    is 0
    grep -q ' 300  *9\.\.16  \[MASK\]$' "$dir/out" || bad 'no mask'
done
run generate -m "$dir/hid.gguf" -p 'Mia had' -n 5
fails 1 'predicts'
bert -o "$dir/hid2.gguf" --threads 1
is 0
cmp -s "$dir/hid2.gguf" "$dir/hid.gguf" || bad 'twice, other models'
run train "$tales" --resume "$dir/hid.ckpt" -o "$dir/hid3.gguf"
is 0
cmp -s "$dir/hid3.gguf" "$dir/hid.gguf" || bad 'another model in its checkpoint'
run train "$tales" --from "$dir/hid.gguf" -o "$dir/hid4.gguf" -n 1 --rate 0 \
    --rate-end 0
is 0
cmp -s "$dir/hid4.gguf" "$dir/hid.gguf" || bad 'not the weights it began with'
# Of the eight tokens of a step none may be hidden.
run train "$tales" --arch bert --dim 16 --layers 1 --heads 2 --context 8 \
    --vocab 300 --batch 1 -n 30 -o "$dir/few.gguf"
is 0
out "$dir/few.gguf: trained for 30 steps"
bert -o "$dir/x.bin" --kv-heads 2
fails 1 'n_kv_heads: found 2, need the 4 of n_heads in a BERT'
cat > "$dir/listed.json" << 'EOF'
{"added_tokens": [], "normalizer": null, "pre_tokenizer": null, "model": {
 "type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
 "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "a": 3, "b": 4, "ab": 5},
 "merges": ["a b"]}}
EOF
bert -o "$dir/x.bin" -z "$dir/listed.json" --vocab 6
fails 1 "$dir/listed.json: tokenizer: found a list of merges or a mask, need a"
bert -o "$dir/x.bin" --drill 1
fails 2 '--drill: a drill is about what comes next, which a BERT does not'
bert -o "$dir/x.bin" -p Mia
fails 2 '--prompt: samples go on with a text, which a BERT does not'
run train "$tales" --resume "$dir/hid.ckpt" -o "$dir/hid3.gguf" -p Mia
fails 2 '--prompt: samples go on with a text, which a BERT does not'

# Refused in one line that says what is wrong.
echo 'Hi.' > "$dir/tiny.txt"
: > "$dir/empty.txt"
run train "$dir/tiny.txt" -o "$dir/x.bin"
fails 1 'entries asked for, the text allows 26'
run train "$dir/tiny.txt" -o "$dir/x.bin" -z "$dir/a.bin" --vocab 300
fails 1 'tokens to learn from and'
run train "$dir/empty.txt" -o "$dir/x.bin"
fails 1 'size: found 0 bytes'
train -o "$dir/x.bin" --vocab 1024
fails 1 'vocabulary: found 1024 entries asked for, the text allows '
train -o "$dir/x.bin" --heads 7
fails 1 'n_heads: found 7, need a divisor of dim 32'
train -o "$dir/x.bin" --drill 4
fails 1 'drill: found 4 rows, need fewer than the 4 of a step'
yes a | head -500 > "$dir/same.txt"
run train "$dir/same.txt" -z "$dir/a.bin" --vocab 300 --context 8 --drill 1 \
    -o "$dir/x.bin"
fails 1 'different pieces that are not bytes, --drill needs 2'
train -o "$dir/none/x.bin"
fails 1 "$dir/none"
train -o "$dir/x.bin" --checkpoints "$dir/at" --at 5,x
fails 2 '--at: found "x", need steps from 0 to 60'
run train "$tales" -o "$dir/x.bin" --resume "$tales"
fails 1 'magic: found other bytes'
train -o "$dir/x.bin" --resume "$dir/cut.ckpt"
fails 2 "the checkpoint's and cannot be given"
train -o "$dir/x.bin" --from "$dir/whole.bin"
fails 2 "the model's and cannot be given"
[ -e "$dir/x.bin" ] && bad 'a refused training left a model'
sed 's/Tom/Tim/' "$tales" > "$dir/other.txt"
run train "$dir/other.txt" -o "$dir/cut.bin" --resume "$dir/cut.ckpt"
fails 2 'text: found another than'

# What is there is not written over by another training: nothing is harmed
# until --force says so, and what --resume goes on with is its own.
sums() { (cd "$dir" && cat whole.* series/* | cksum); }
kept() { # WHAT THE ERROR SAYS, after a run
    fails 1 "$1"
    [ "$(sums)" = "$before" ] || bad 'something was written'
}
before=$(sums)
train -o "$dir/whole.bin"
kept "$dir/whole.bin: output: found a training there; --resume goes on"
run train "$tales" -o "$dir/whole.bin" --from "$dir/tuned.bin" -n 1
kept "$dir/whole.bin: output: found a training there; --resume goes on"
run train "$tales" -o "$dir/tuned.bin" --from "$dir/tuned.bin"
kept 'output: found the model that is read'
train -o "$dir/x.bin" --checkpoints "$dir/series"
kept "$dir/series: output: found the series of a training there"
cp "$dir/b.bin" "$dir/x.tok.bin"
train -o "$dir/x.bin" --checkpoints "$dir/none/series"
kept "$dir/none/series: open: No such file"
train -o "$dir/x.bin" --checkpoints "$tales"
fails 2 "$tales: --checkpoints: found a file, need a folder"
run tokenizer "$dir/other.txt" --size 300 -o "$dir/x.tok.bin"
train -o "$dir/x.bin"
kept "$dir/x.tok.bin: output: found another tokenizer there"
run train "$tales" -o "$dir/series/step-000001.bin" --resume "$dir/cut.ckpt"
kept "$dir/series/step-000001.bin: output: found a file there; --force"
cp "$dir/cut.ckpt" "$dir/x.ckpt"
run train "$tales" --resume "$dir/x.ckpt"
kept "$dir/x.tok.bin: output: found another tokenizer there"
echo 'no model' > "$dir/x.bin"
rm "$dir/x.tok.bin"
run train "$tales" --resume "$dir/x.ckpt"
kept "$dir/x.bin: output: found something else there than this training"
for out in - /dev/null "$dir" "$dir/"; do
    train -o "$out"
    fails 2 "$out: output: need the name of a file"
done
cp "$tales" "$dir/named.bin"
run train "$dir/named.bin" -o "$dir/named"
kept "$dir/named.bin: output: found the text that is read"
rm -f "$dir"/x.*
[ -e "$dir/model.bin" ] && bad 'the name of the checkpoint is not the default'

# With --force the old model goes before another tokenizer comes.
cp "$dir/whole.bin" "$dir/x.bin"
cp "$dir/whole.tok.bin" "$dir/x.tok.bin"
run train "$dir/other.txt" -o "$dir/x.bin" --dim 32 --hidden 48 --layers 2 \
    --heads 4 --kv-heads 2 --context 32 --vocab 300 --batch 4 -n 1 --force
is 0
run generate -m "$dir/x.bin" -n 5
is 0

# A model knows its tokenizer, and another one is noticed.
cp "$dir/x.tok.bin" "$dir/whole.tok.bin"
run generate -m "$dir/whole.bin" -n 5
fails 1 "$dir/whole.tok.bin: found another tokenizer than $dir/whole.bin was"
run generate -m "$dir/whole.bin" -z "$dir/whole.tok.bin" -n 5
is 0
cp "$dir/a.bin" "$dir/whole.tok.bin"

# Killed, wherever that is, and gone on with, again and again: each step of the
# series stands once in its table, and the model is the one of a whole training.
steps=0,5,10,20,30,40,50,60
killed() { # SECONDS OPTIONS...
    seconds=$1
    shift
    "$LLANTERN" train "$tales" "$@" --checkpoints "$dir/killed" --at $steps \
        > /dev/null 2>&1 &
    pid=$!
    sleep "$seconds"
    kill -KILL "$pid" 2> /dev/null
    wait "$pid" 2> /dev/null
}
for i in 1 2 3 4 5 6; do
    rm -rf "$dir"/k.* "$dir/killed"
    killed 0.0$i -o "$dir/k.bin" --dim 32 --hidden 48 --layers 2 --heads 4 \
        --kv-heads 2 --context 32 --vocab 300 --batch 4 -n 60
    [ -e "$dir/k.ckpt" ] || continue
    killed 0.0$i --resume "$dir/k.ckpt"
    run train "$tales" --resume "$dir/k.ckpt" --checkpoints "$dir/killed" \
        --at $steps
    is 0
    [ "$(cut -f1 "$dir/killed/steps.tsv" | tr '\n' ,)" = "$steps," ] ||
        bad "steps.tsv has $(cut -f1 "$dir/killed/steps.tsv" | tr '\n' ,)"
    cmp -s "$dir/k.bin" "$dir/whole.bin" || bad 'killed to another model'
done

# Who is killed while a file is written cannot take its temporary one away.
find "$dir" -name '.*.tmp' -exec rm -f {} +

# A reader who left ends it, silently, with what was learnt.
words='train | true'
{
    "$LLANTERN" train "$tales" -o "$dir/piped.bin" --dim 32 --hidden 48 \
        --layers 2 --heads 4 --kv-heads 2 --context 32 --vocab 300 --batch 4 \
        -n 100000 --report 1 2> "$dir/err"
    echo $? > "$dir/code"
} | head -1 > /dev/null
code=$(cat "$dir/code")
is 1
[ -s "$dir/piped.ckpt" ] || bad 'what was learnt is lost'

# A full disk: what was there stays whole.
before=$(cksum < "$dir/whole.ckpt")
(
    ulimit -f 100 # of 512 bytes
    train -o "$dir/whole.bin" --force
    fails 1 ': write: '
    exit "$failures"
) || failures=$((failures + 1))
[ "$before" = "$(cksum < "$dir/whole.ckpt")" ] || bad 'a lost checkpoint'
no_leftover "$dir"
finish
