#!/bin/sh
# Whatever control characters names and texts hold, none is printed: no listing,
# no error, no warning moves a terminal's cursor, colours it or turns its text.
. tests/cli/lib.sh

# ESC, return, newline, DEL, C1 in UTF-8, right-to-left override, an isolate,
# a paragraph separator, and bytes that are no character (C1 of one byte, too).
N=$(printf 'a\033[31mb\rc\nd\177e\302\233f\342\200\256g\342\201\246h\342\200\251i\377j\233k')
SHOWN='a<1B>[31mb<0D>c<0A>d<7F>e<C2><9B>f<E2><80><AE>g<E2><81><A6>h<E2><80><A9>i<FF>j<9B>k'
cp assets/models/tales.bin "$dir/$N.bin"
cp assets/models/tales.tok.bin "$dir/$N.tok.bin"
m=$dir/$N.bin

# clean FILE: nothing in it that a terminal would act on.
clean() {
    [ -z "$(LC_ALL=C tr -d '\n\t -~\200-\377' < "$1")" ] ||
        bad 'a control character was printed'
    iconv -f UTF-8 -t UTF-8 "$1" > /dev/null 2>&1 || bad 'not UTF-8'
    # After it UTF-16 has each of those in two bytes of their own.
    iconv -f UTF-8 -t UTF-16BE "$1" 2> /dev/null | od -An -v -tx1 -w2 |
        grep -qE ' (00 [89].|20 0[ef]|20 2[89a-e]|20 6[6-f]|06 1c)' &&
        bad 'a C1, direction or line character was printed'
}
# plain COMMAND...: it prints nothing but plain text.
plain() {
    run "$@"
    clean "$dir/out"
    clean "$dir/err"
}
# says TEXT: that is in what was printed.
says() {
    cat "$dir/out" "$dir/err" | grep -qF -- "$1" || bad "does not say '$1'"
}

# ---- file names -------------------------------------------------------------

plain info -m "$m"
[ "$code" -eq 0 ] || bad "found exit code $code, need 0"
says "$SHOWN.bin"
says "$SHOWN.tok.bin"
rm -f "$dir/none"
for command in info tokens generate trace export evaluate bench; do
    set -- "$command" -m "$dir/none/$N"
    case $command in
    tokens) set -- "$@" text ;;
    evaluate) set -- "$@" "$dir/x" ;;
    trace) set -- "$@" -o "$dir/t.npz" ;;
    esac
    plain "$@"
    [ "$code" -eq 1 ] || bad "found exit code $code, need 1"
    says "$SHOWN"
done
mkdir "$dir/$N"
printf 'Tom had a ball. He gave it to Mia.\n' > "$dir/$N.txt"
for command in 'trace -p Tom' 'export -p Tom' corpus "tokenizer $dir/none" \
    'bench --seconds 0.01 --csv x'; do
    # shellcheck disable=SC2086
    plain $command -o "$dir/$N"
    [ "$code" -ne 0 ] || bad 'a folder was written'
done
plain export -p Tom -o "$dir/$N/none/x"
says "$SHOWN"
for i in $(seq 40); do cat "$dir/$N.txt"; done > "$dir/$N.long"
plain tokenizer "$dir/$N.long" --size 300 -o "$dir/$N/t.bin"
[ "$code" -eq 0 ] || bad "found exit code $code, need 0"
says "$SHOWN/t.bin"
plain tokenizer "$dir/none/$N"
says "$SHOWN"
plain train "$dir/none/$N" -o "$dir/new.bin"
says "$SHOWN"
plain train "$dir/$N.long" -o "$dir/$N/m.bin" --steps 1 --dim 16 --layers 1 \
    --heads 2 --kv-heads 1 --context 16 --vocab 300 --prompt "$N"
says "$SHOWN/m.bin"
plain evaluate -m "$m" "$dir/none/$N"
says "$SHOWN"
plain bench -m "$m" --seconds 0.01 --note "$N" --csv -
says "$SHOWN"
plain corpus --check "$dir/$N.txt"
plain corpus --world "$dir/none/$N"
says "$SHOWN"
plain view -m "$m" --state "$N"
plain view "$dir/none/$N.md"
says "$SHOWN"
plain "$N"
says "$SHOWN"
plain generate "--$N"
says "$SHOWN"
plain generate -n "$N"
says "$SHOWN"
plain lesson "$N" x
says "$SHOWN"

# ---- texts ------------------------------------------------------------------

plain tokens "$N"
plain tokens --merges "$N"
plain corpus --next "Tom $N"
printf '%s\n' "Tom $N" > "$dir/$N.txt"
plain corpus --check "$dir/$N.txt"
says '<1B>[31mb'
plain export --state "view=$N" -o "$dir/x.png"
plain export --state "prompt=\"$N" -o "$dir/x.png"
plain trace -p Tom --sites "$N" -o "$dir/t.npz"
says "e<C2><9B>f"
ESC=$(printf '\033[31m\302\233\342\200\256\r')
{
    printf '%s\nmodel: x%s\n%s\n\n# A %s\n\n' --- "$ESC" --- "$ESC"
    printf '<%s>\n\n<!-- .stage: view=%s -->\n' "$ESC" "$ESC"
    printf '<!-- .stage: %s=1 -->\n<!-- .claim: %s -->\n' "$ESC" "$ESC"
    printf '<!-- .slide: data-%s="%s" -->\n' "$ESC" "$ESC"
    printf '![](%s.png)\n\n<blink%s>\n' "$ESC" "$ESC"
} > "$dir/$N.md"
plain lesson check "$dir/$N.md"
says "$SHOWN.md"
for line in "<!-- .stage: layer=$ESC -->" "<!-- claim: $ESC -->" \
    "<!-- claim: p($ESC) > 1 -->" "<b$ESC>" "![]($ESC.png)" '<!-- .ask -->' \
    "<!-- .ask: $ESC -->" "<!-- .element: class=\"$ESC\" -->"; do
    printf -- '---\nmodels: [x%s, y]\n---\n\n# A\n\n%s\n' "$ESC" "$line" \
        > "$dir/d.md"
    plain lesson check "$dir/d.md"
done

# ---- what is in files -------------------------------------------------------

# Pieces of the embedded tokenizer with as many other bytes.
LC_ALL=C sed "s/ the/$(printf '\033[7m')/g
    s/ gave/$(printf '\r\302\233\177\302')/g" \
    assets/models/tales.tok.bin > "$dir/$N.tok.bin"
plain tokens -m "$m" "$(printf 'the\033[7m gave\r\302\233\177\302 ')"
plain tokens -m "$m" --merges "$(printf 'the\033[7m gave\r\302\233\177\302 ')"
says '<1B>'
plain generate -m "$m" -n "x$ESC"
# Configs and their keys.
hf=$dir/hf$ESC
mkdir "$hf"
for json in '{"model_type": "%b"}' '{"architectures": ["%b"]}' \
    '{"%b": 1' '{"model_type": "llama", "hidden_act": "%b"}' \
    '{"model_type": "llama", "rope_scaling": {"type": "%b"}}' \
    '{"model_type": "llama", "torch_dtype": "%b"}'; do
    for text in '\\u001b[31m\\u009b\\u202e' '\033\r' '\302\233\342\200\256'; do
        # shellcheck disable=SC2059
        printf "$json" "$text" > "$hf/config.json"
        plain info -m "$hf"
        [ "$code" -eq 1 ] || bad "found exit code $code, need 1"
    done
done
# GGUF: names of keys and tensors.
"$OUT/tests/bench/make_gguf" 40m q4_0 "$dir/g.gguf" sparse
for from in general.architecture llama.block_count token_embd.weight \
    blk.0.attn_q.weight tokenizer.ggml.model; do
    to=$(printf '\033[7m\r\302\233\342\200\256%s' \
        "$(echo "$from" | LC_ALL=C cut -c11-)")
    LC_ALL=C sed "s/$from/$to/g" "$dir/g.gguf" > "$dir/h.gguf"
    plain info -m "$dir/h.gguf"
done

# ---- a terminal, and what is none -------------------------------------------

# What a model says is bytes in a pipe, and plain lines on a terminal.
say() { "$LLANTERN" generate -n 40 -p "$(printf 'Tom\033[31m\342\200\256\nhad\ta')"; }
say > "$dir/out" 2> "$dir/err"
printf 'Tom\033[31m\342\200\256\nhad\ta' > "$dir/want"
head -c "$(wc -c < "$dir/want")" "$dir/out" | cmp -s - "$dir/want" ||
    bad 'generate: into a file: other bytes'
printf '%s\n' "$(printf 'Tom\033[31m\342\200\256\nhad\ta')" > "$dir/prompt"
cat > "$dir/say" << 'END'
"$LLANTERN" generate -n 40 -p "$(cat "$1/prompt")"
END
export LLANTERN
if script -qec "sh '$dir/say' '$dir'" /dev/null < /dev/null > "$dir/tty" \
    2> /dev/null; then
    tr -d '\r' < "$dir/tty" > "$dir/out"
    clean "$dir/out"
    out 'Tom<1B>[31m<E2><80><AE>'
    out "$(printf 'had\ta')"
    # What is between is one line's end.
    [ "$(sed -n '/^Tom/{n;p;}' "$dir/out" | cut -c1-3)" = had ] ||
        bad 'generate: the lines are others'
else
    echo 'skip: generate on a terminal: no script'
fi
finish
