#!/bin/sh
# make model: trains the embedded model and its siblings anew, from nothing but
# the repository, and measures them.
#
#     sh assets/model.sh build/llantern
#
# Everything is made in build/model/ and copied to assets/models/ at the end, so
# that a run that is stopped changes nothing; started again, it goes on where it
# was.  The same seeds and kernels (`llantern info` names them) give the same
# bytes, whatever the number of threads.
set -eu
llantern=$1
world=assets/world
work=build/model
to=assets/models

stories=300000
steps=16000
series=0,10,30,100,200,400,700,1000,1500,2500,4000,8000,16000
questions=200000
tuning_steps=6000
gpt2_steps=10000
bert_steps=12000

say() { printf '\n== %s: %s\n' "$(date +%H:%M:%S)" "$*"; }

# train NAME TEXT OPTIONS... -- OPTIONS...: those before "--" say what to learn
# and how, and are in the checkpoint of a run that was stopped.
train() {
    name=${1%.*} file=$1 text=$2
    shift 2
    [ -e "$work/$name.done" ] && return
    if [ -e "$work/$name.ckpt" ]; then
        while [ "$1" != -- ]; do shift; done
        shift
        set -- --resume "$work/$name.ckpt" "$@"
    fi
    for word; do # the words without "--"
        shift
        [ "$word" = -- ] || set -- "$@" "$word"
    done
    "$llantern" train "$work/$text" -o "$work/$file" "$@"
    : > "$work/$name.done"
}

mkdir -p "$work"
say "$stories stories, $questions questions, the tokenizer"
"$llantern" corpus --world $world -n $stories --seed 1 -o $work/stories.txt
"$llantern" corpus --world $world -n $questions --seed 2 --questions \
    -o $work/questions.txt
"$llantern" tokenizer --size 768 -o $work/words.bin $work/stories.txt

say "tales: $steps steps"
train tales.bin stories.txt -z $work/words.bin --vocab 768 --dim 128 \
    --layers 4 --heads 4 --kv-heads 2 --hidden 320 --context 256 --batch 16 -n $steps \
    --warmup 100 --rate 0.003 --rate-end 0.00003 --decay 0.01 \
    --drill 8 --drill-steps 1200 --held-out 2 --seed 1 -- \
    --checkpoints $work/steps --at $series --compact

say "answers: $tuning_steps steps more, on questions"
train answers.bin questions.txt --from $work/tales.bin -n $tuning_steps \
    --batch 16 --warmup 50 --rate 0.001 --rate-end 0.00001 --decay 0.01 \
    --drill 1 --held-out 2 --seed 2 --

say "gpt2: $gpt2_steps steps, on the stories"
train gpt2.gguf stories.txt -z $work/words.bin --arch gpt2 --vocab 768 \
    --dim 128 --layers 4 --heads 4 --hidden 384 --context 256 --batch 16 -n $gpt2_steps \
    --warmup 100 --rate 0.003 --rate-end 0.00003 --decay 0.01 \
    --drill 8 --drill-steps 1200 --held-out 2 --seed 1 -- \
    --checkpoints $work/gpt2 --at $gpt2_steps --compact
gpt2=$work/gpt2/step-$(printf %06d $gpt2_steps).gguf

say "bert: $bert_steps steps, on the stories"
train bert.gguf stories.txt -z $work/words.bin --arch bert --vocab 768 \
    --dim 128 --layers 4 --heads 4 --hidden 368 --context 256 --batch 16 \
    -n $bert_steps --warmup 200 --rate 0.002 --rate-end 0.00003 --decay 0.01 \
    --held-out 2 --seed 1 -- \
    --checkpoints $work/bert --at $bert_steps --compact
bert=$work/bert/step-$(printf %06d $bert_steps).gguf

say 'figures'
{
    echo "model tales, seed 1, on stories that no training saw"
    "$llantern" evaluate --world $world -m $work/tales.bin -n 1000 \
        --samples 1000
    echo
    echo "model gpt2, seed 1, on the same stories"
    "$llantern" evaluate --world $world -m "$gpt2" -n 1000 --samples 1000
    echo
    echo "model bert, seed 1, on the same stories"
    "$llantern" evaluate --world $world -m "$bert" -n 1000
    echo
    echo "questions about them, before and after the training on questions"
    for name in tales answers; do
        printf '%s: ' $name
        "$llantern" evaluate --world $world -m $work/$name.bin \
            -z $work/tales.tok.bin --questions -n 1000
    done
} > $work/figures.txt
cat $work/figures.txt

mkdir -p $to/steps
cp $work/tales.bin $work/tales.tok.bin $work/answers.bin $work/figures.txt $to/
cp "$gpt2" $to/gpt2.gguf
cp "$bert" $to/bert.gguf
rm -f $to/steps/*
cp $work/steps/step-*.bin $work/steps/steps.tsv $to/steps/
say "$to is new; make links it in, then make training measures its steps"
