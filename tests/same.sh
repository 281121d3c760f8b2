#!/bin/sh
# Do two builds of the program give the same bytes?  For changes that must not
# change anything: build the old commit, keep its program, then
#
#     sh tests/same.sh /tmp/old/llantern build/llantern [make_gguf]
#
# compares the logits and every site of traces (with and without memory for
# them, edits by way of pictures), texts drawn, what is told of files, and
# pictures of all views, sizes, themes and interventions, on the embedded
# models, and, given tests/bench/make_gguf's program, on quantised GGUF files and
# a Hugging Face folder.  Prints each difference and a count; whole
# windows are low ones, without the bar that tells the speed.  PARTS=numbers or
# PARTS=pictures in the environment: only those.
set -u
old=$1
new=$2
make_gguf=${3:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
differ=0

# both FILE COMMAND...: runs it in both builds, comparing what it prints, its
# exit code and the file it writes ("": none), which it finds as "$out".
both() {
    file=$1
    shift
    for build in old new; do
        eval "program=\$$build"
        out=$dir/$build/$file
        mkdir -p "$dir/$build"
        # The name of the file is part of what some commands print.
        (cd "$dir/$build" && "$program" "$@" > out 2> err < /dev/null
            echo $? > code)
    done
    n=$((n + 1))
    # A command that fails compares its message, and nothing else.
    if [ "$(cat "$dir/old/code")" -ne 0 ]; then
        echo "compares nothing: llantern $*: $(cat "$dir/old/err")"
        differ=$((differ + 1))
    fi
    for part in out err code $file; do
        if ! cmp -s "$dir/old/$part" "$dir/new/$part"; then
            echo "differs: $part: llantern $*"
            differ=$((differ + 1))
        fi
    done
    rm -f "$dir"/old/* "$dir"/new/*
}
absolute() {
    case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
    esac
}
old=$(absolute "$old")
new=$(absolute "$new")

prompt='Tom and Mia play in the park. Tom has a red ball. Mia'
models() {
    "$@" -m embedded:tales
    "$@" -m embedded:answers
    "$@" -m embedded:step-000400
    for made in "$dir"/made/*; do
        [ -e "$made" ] && "$@" -m "$made"
    done
}
if [ -n "$make_gguf" ]; then
    mkdir -p "$dir/made/hf"
    for type in f32 q8_0 q4_0 q4_k q6_k; do
        "$make_gguf" 40m "$type" "$dir/made/40m-$type.gguf" || exit 1
    done
    "$make_gguf" hf assets/models/tales.bin "$dir/made/hf" || exit 1
fi

# ---- numbers ----------------------------------------------------------------

traces() {
    both t.npz trace -p "$prompt" -o t.npz -n 9 "$@"
    both t.npz trace -p "$prompt" -o t.npz --budget 0 "$@"
    both t.npz trace -p "$prompt" -o t.npz --budget 100000 \
        --sites pattern,resid_post,logits "$@"
}
texts() {
    both '' generate -n 90 -t 0 -p "$prompt" "$@"
    both '' generate -n 90 -t 0.8 --seed 7 --min-p 0.02 -k 20 -p 'Once' "$@"
    both '' tokens -p "$prompt" "$@"
}
infos() { both '' info "$@"; }
numbers() {
    models traces
    models texts
    models infos
    both '' lesson check "$PWD"/lessons/who-speaks.md
    both '' corpus -n 3
}

# ---- pictures ---------------------------------------------------------------

views() {
    for view in attention heads block next; do
        for place in 'layer=0' 'layer=3 head=1 token=4 key=2 elem=5'; do
            both p.png export --state "view=$view $place" -o p.png "$@"
        done
        both p.png export -p "$prompt" --theme dark --width 1024 --height 768 \
            --state "view=$view edit=2.1,attn3,mlp0,n1.5" -o p.png "$@"
        both p.png export -p "$prompt" --colormap magma --width 1366 \
            --height 768 --state "view=$view edit=mask length=30" -o p.png "$@"
        both p.png export -p "$prompt" --window --width 1920 --height 280 \
            --state "view=$view length=24 token=5" -o p.png "$@"
        both p.png export -p "$prompt" --width 3840 --height 2160 \
            --state "view=$view layer=1" -o p.png "$@"
    done
}
ops() {
    for op in scores scaled weights; do
        both p.png export --state "view=attention op=$op layer=1" -o p.png
    done
    for op in resid_pre ln1 q k v rope scores mask softmax z attn_out resid_mid \
        ln2 gate up silu down resid_post; do
        both p.png export --state "view=block op=$op layer=1 elem=3" -o p.png
    done
    for slide in 1 2 3 4 5 6 7 8; do
        both p.png export --window --width 1920 --height 280 \
            --state "slide=$slide" -o p.png
    done
}
pictures() {
    views
    for made in "$dir"/made/*; do
        [ -e "$made" ] && views -m "$made"
    done
    ops
}
for part in ${PARTS:-numbers pictures}; do
    $part
done

echo "$n commands, $differ differences"
[ "$differ" -eq 0 ]
