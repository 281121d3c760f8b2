#!/bin/sh
# Where commands write: standard output and other streams, links, files with a
# mode of their own, the files that are being read; and what they say when they
# cannot.
. tests/cli/lib.sh

cp assets/models/tales.bin "$dir/m.bin"
cp assets/models/tales.tok.bin "$dir/m.tok.bin"
echo '# A slide' > "$dir/deck.md"
for i in $(seq 40); do echo "Tom had $i balls. He gave one to Mia."; done \
    > "$dir/text.txt"

export_to() { run export -p Tom --width 320 --height 200 -o "$@"; }
trace_to() { run trace -p Tom --sites logits -o "$@"; }
corpus_to() { run corpus -n 500 -o "$@"; }
tokenizer_to() { run tokenizer "$dir/text.txt" --size 300 -o "$@"; }
bench_to() { run bench --seconds 0.01 --csv "$@"; }
all='export_to trace_to corpus_to tokenizer_to'

# same_as FILE: what went there is what a file of its own got.
same_as() { cmp -s "$dir/plain" "$1" || bad "not what a file gets: $1"; }

for to in $all; do
    rm -f "$dir"/plain "$dir"/link "$dir"/target "$dir"/new
    $to "$dir/plain"
    is 0
    # Standard output, by all its names, and nothing else on it.
    for name_of_it in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
        [ "$name_of_it" = - ] || [ -e "$name_of_it" ] || continue
        $to "$name_of_it"
        [ "$code" -eq 0 ] || bad "found exit code $code, need 0"
        same_as "$dir/out"
        "$LLANTERN" --version > "$dir/log"
        { words="$to $name_of_it >> log"
          if [ "$to" = tokenizer_to ]; then
              "$LLANTERN" tokenizer "$dir/text.txt" --size 300 \
                  -o "$name_of_it" >> "$dir/log" 2> "$dir/err"
              tail -n +2 "$dir/log" > "$dir/rest"
              same_as "$dir/rest"
          fi; }
    done
    # A named pipe waits for its reader, who gets everything.
    mkfifo "$dir/pipe"
    timeout 20 cat "$dir/pipe" > "$dir/new" &
    $to "$dir/pipe"
    is 0
    wait $!
    same_as "$dir/new"
    [ -p "$dir/pipe" ] || bad 'the pipe was replaced'
    rm "$dir/pipe"
    $to /dev/null
    is 0
    [ -c /dev/null ] || bad '/dev/null was replaced'
    if [ -c /dev/full ]; then
        $to /dev/full
        fails 1 '/dev/full: write: No space left on device'
    fi
    # Links stay, what they lead to is written, be it there or not.
    echo old > "$dir/target"
    chmod 640 "$dir/target"
    ln -s target "$dir/link"
    $to "$dir/link"
    is 0
    [ -h "$dir/link" ] || bad 'the link was replaced'
    same_as "$dir/target"
    [ "$(ls -l "$dir/target" | cut -c1-10)" = -rw-r----- ] ||
        bad 'another mode'
    rm "$dir/target"
    $to "$dir/link"
    is 0
    [ -h "$dir/link" ] || bad 'the link to nothing was replaced'
    same_as "$dir/target"
    # Write-protected, also for who could.
    echo old > "$dir/target"
    chmod 444 "$dir/target"
    for protected in target link; do
        $to "$dir/$protected"
        fails 1 "$dir/$protected: open: Permission denied: the file is write-"
    done
    [ "$(cat "$dir/target")" = old ] || bad 'the protected file was written'
    # The longest name there can be; and one more.
    long=$dir/$(printf '%0255d' 7)
    $to "$long"
    is 0
    same_as "$long"
    rm -f "$long"
    $to "${long}x"
    fails 1 'File name too long'
    # The error names the file that was asked for.
    $to "$dir/none/x"
    fails 1 "$dir/none/x: open: No such file"
    $to "$dir/"
    fails 1 "$dir/: path: found a folder, need a file name"
    $to "$dir"
    fails 1 "$dir: type: found a folder, need a file"
    no_leftover "$dir"
    chmod u+w "$dir/target"
done
bench_to -
[ "$code" -eq 0 ] || bad "found exit code $code, need 0"
[ "$(head -1 "$dir/out" | cut -d, -f1)" = machine ] || bad 'more than the table'
grep -q '^machine' "$dir/err" && bad 'the table stands among the notes'

# ---- what is read is not written --------------------------------------------

ln -s m.bin "$dir/model-link"
ln "$dir/m.bin" "$dir/model-hard"
ln -s m.tok.bin "$dir/tok-link"
before=$(cat "$dir"/m.bin "$dir"/m.tok.bin "$dir"/deck.md "$dir"/text.txt |
    cksum)
spared() { # WHAT FILE, after a run
    fails 1 "$2: output: found the $1 that is read, need another file"
}
for same in m.bin ./m.bin model-link model-hard; do
    trace_to "$dir/$same" -m "$dir/m.bin"
    spared model "$dir/$same"
    export_to "$dir/$same" -m "$dir/m.bin"
    spared model "$dir/$same"
    bench_to "$dir/$same" -m "$dir/m.bin"
    spared model "$dir/$same"
done
for same in m.tok.bin tok-link; do
    trace_to "$dir/$same" -m "$dir/m.bin"
    spared tokenizer "$dir/$same"
    export_to "$dir/$same" -z "$dir/m.tok.bin"
    spared tokenizer "$dir/$same"
done
export_to "$dir/deck.md" "$dir/deck.md"
spared deck "$dir/deck.md"
export_to "$dir/deck.md" --window "$dir/./deck.md"
spared deck "$dir/deck.md"
tokenizer_to "$dir/text.txt"
spared text "$dir/text.txt"
[ "$(cat "$dir"/m.bin "$dir"/m.tok.bin "$dir"/deck.md "$dir"/text.txt |
    cksum)" = "$before" ] || bad 'a file that is read was written'
# Nor is a world: its stories go anywhere else.
mkdir "$dir/world"
cp assets/world/*.txt "$dir/world"
ln -s world "$dir/world-link"
ln -s world/people.txt "$dir/people"
ln "$dir/world/things.txt" "$dir/things"
before=$(cat "$dir"/world/* | cksum)
for same in world/people.txt world/../world/stories.txt world-link/magic.txt \
    people things; do
    corpus_to "$dir/$same" --world "$dir/world"
    spared world "$dir/$same"
done
corpus_to "$dir/people" --world "$dir/world-link"
spared world "$dir/people"
[ "$(cat "$dir"/world/* | cksum)" = "$before" ] || bad 'the world was written'
corpus_to "$dir/stories" --world "$dir/world"
is 0
corpus_to "$dir/plain"
is 0
same_as "$dir/stories"
rm -r "$dir/world" "$dir/world-link" "$dir/people" "$dir/things"

# ---- options that would do nothing -------------------------------------------

# unused OPTION WHY COMMAND...: told, and nothing is written.
unused() {
    option=$1 why=$2
    shift 2
    rm -f "$dir/new"
    run "$@"
    fails 2 "--$option: $why"
    [ -e "$dir/new" ] && bad 'something was written'
}
for task in '--next Tom' "--check $dir/text.txt" --stats; do
    # shellcheck disable=SC2086
    unused output "not used with ${task%% *}" corpus $task -o "$dir/new"
done
unused stories 'not used with --next' corpus --next Tom -n 3
unused seed 'not used with --check' corpus --check "$dir/text.txt" --seed 0
unused held-out 'not used with --next' corpus --held-out --next Tom
unused type 'needs --shape' bench --type q4_0 --csv "$dir/new"
unused plain 'not used with --window' export --window --plain -o "$dir/new"
unused samples 'not used with a text' evaluate "$dir/text.txt" --samples 3
unused world 'not used with a text' evaluate "$dir/text.txt" --world assets/world
unused temperature 'not used with --questions' evaluate --questions -t 1
unused at 'needs --checkpoints' train "$dir/text.txt" -o "$dir/new" --at 1
unused compact 'needs --checkpoints' train "$dir/text.txt" -o "$dir/new" \
    --compact
unused drill-steps 'needs --drill' train "$dir/text.txt" -o "$dir/new" \
    --drill-steps 5
unused dim 'with --from it is the model' train "$dir/text.txt" \
    --from "$dir/m.bin" -o "$dir/new" --dim 128 # as it is by itself

# ---- what is printed --------------------------------------------------------

# A full disk is told by every command; a reader who left is not told anything.
printing() {
    "$@" info
    "$@" tokens 'Tom had a ball.'
    "$@" tokens --merges 'Tom had a ball.'
    "$@" generate -n 20
    "$@" corpus -n 3
    "$@" corpus -n 3000
    "$@" corpus --next Tom
    "$@" corpus --stats -n 20
    "$@" lesson check "$dir/deck.md"
    "$@" evaluate "$dir/text.txt" -n 2
    "$@" export -o - --width 320 --height 200
    "$@" trace -o - -p Tom
    "$@" --help
    "$@" train --help
    "$@" --version
}
to_full() {
    words="$* > /dev/full"
    "$LLANTERN" "$@" > /dev/full 2> "$dir/err" < /dev/null
    code=$?
    fails 1 'standard output: write: No space left on device'
}
to_nobody() {
    words="$* | true"
    {
        sleep 0.05
        "$LLANTERN" "$@" 2> "$dir/err"
        echo $? > "$dir/code"
    } | true
    code=$(cat "$dir/code")
    is 1
}
[ -c /dev/full ] && printing to_full
printing to_nobody
finish
