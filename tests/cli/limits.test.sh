#!/bin/sh
# Little stack and little address space: every command, and the viewer, ends
# with what it was asked for or with a message, never by a signal.
. tests/cli/lib.sh
export SDL_VIDEODRIVER=dummy

echo '# A slide' > "$dir/deck.md"
for i in $(seq 40); do echo "Tom had $i balls. He gave one to Mia."; done \
    > "$dir/text.txt"
each() {
    "$@" --version
    "$@" --help
    "$@" view --help
    "$@" info
    "$@" tokens Tom
    "$@" generate -n 3
    "$@" corpus -n 3
    "$@" trace -o "$dir/t.npz" -p Tom
    "$@" export -o "$dir/p.png" -p Tom --width 320 --height 200
    "$@" export --window -o "$dir/w.png"
    "$@" lesson check "$dir/deck.md"
    "$@" tokenizer "$dir/text.txt" --size 300 -o "$dir/k.bin"
    "$@" evaluate -n 1 --samples 1
}
# train's files are made anew each time; the viewer does not end where it runs.
rest() {
    rm -f "$dir"/x.*
    "$@" train "$dir/text.txt" -o "$dir/x.bin" --dim 16 --hidden 24 \
        --layers 1 --heads 2 --kv-heads 2 --context 16 --vocab 300 --batch 2 \
        -n 2
}
no_stack() {
    run "$@"
    fails 1 'llantern: stack: found 128 kB, need 512 kB'
}
(
    ulimit -s 128
    each no_stack
    rest no_stack
    no_stack view
    no_stack
    exit "$failures"
) || failures=$((failures + 1))
(
    ulimit -s 512
    each run
    is 0
    exit "$failures"
) || failures=$((failures + 1))

# A context that the default prompt does not fit into: it is cut, aloud.
run train "$dir/text.txt" -o "$dir/short.bin" --dim 16 --hidden 24 --layers 1 \
    --heads 2 --kv-heads 2 --context 16 --vocab 300 --batch 2 -n 1
for how in --plain --window; do
    run export -m "$dir/short.bin" -o "$dir/short.png" "$how"
    [ "$code" -eq 0 ] && [ -s "$dir/short.png" ] || bad "$how: no picture"
    grep -q 'warning: the prompt is cut to 15 of' "$dir/err" ||
        bad 'the cut is not told'
    rm -f "$dir/short.png"
done

# said: done, or told.  Below some size the libraries cannot even be loaded,
# which the system's loader tells.
said() {
    run "$@"
    case $code in
    0) ;;
    1 | 127) [ -s "$dir/err" ] || bad "ended with $code, in silence" ;;
    *) bad "with $kB kB: found exit code $code" ;;
    esac
}
# A sanitizer takes terabytes of addresses.
[ -n "${SAN:-}" ] || for kB in 30000 70000 78000 90000 107000 131000; do
    (
        ulimit -v "$kB"
        each said
        rest said
        exit "$failures"
    ) || failures=$((failures + 1))
done
[ -n "${SAN:-}" ] || (
    ulimit -v 75000
    run view
    fails 1 'llantern view: '
    exit "$failures"
) || failures=$((failures + 1))
finish
