# What the tests of the commands share; read with ". tests/cli/lib.sh".
#
#     run generate -m "$model"      # sets $code; output in $dir/out, $dir/err
#     is 0                          # the exit code, and nothing on stderr
#     fails 2 'unknown option'      # the code, and one line on stderr with that
#     out 'Once upon'               # standard output has that
set -u
name=$(basename "$0" .test.sh)
[ -x "$LLANTERN" ] || {
    echo "$name: LLANTERN: found \"$LLANTERN\", need the program" >&2
    exit 1
}
model=assets/models/tales.bin
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
XDG_STATE_HOME=$dir/state # nothing is kept, nor found, of whoever tests
export XDG_STATE_HOME
failures=0

bad() {
    echo "$name: $*: llantern $words" >&2
    sed 's/^/    /' "$dir/err" >&2
    failures=$((failures + 1))
}
run() {
    words="$*"
    "$LLANTERN" "$@" > "$dir/out" 2> "$dir/err" < /dev/null
    code=$?
}
is() {
    [ "$code" -eq "$1" ] || bad "found exit code $code, need $1"
    [ -s "$dir/err" ] && bad 'standard error is not empty'
}
fails() {
    [ "$code" -eq "$1" ] || bad "found exit code $code, need $1"
    [ "$(wc -l < "$dir/err")" -eq 1 ] || bad 'the error is not one line'
    grep -qF -- "$2" "$dir/err" || bad "the error does not say '$2'"
}
out() {
    grep -qF -- "$1" "$dir/out" || bad "the output does not say '$1'"
}
# no_leftover FOLDER: no temporary file of an atomic write stayed there.
no_leftover() {
    [ -z "$(find "$1" -name '.*.tmp')" ] || bad 'a temporary file was left'
}
# Files that a command saves: intact when it cannot, gone when it was not.
# cannot_save EXTENSION COMMAND...: COMMAND without its -o.
cannot_save() {
    file=$dir/saved.$1
    shift
    run "$@" -o "$dir/none/saved"
    fails 1 "$dir/none"
    run "$@" -o "$dir/out/saved" # under a file
    fails 1 "$dir/out"
    echo old > "$file"
    (
        ulimit -f 8 # of 512 bytes; far less than what is written
        run "$@" -o "$file"
        fails 1 ': write: File too large'
        exit "$failures"
    ) || failures=$((failures + 1))
    [ "$(cat "$file")" = old ] || bad 'the old file was harmed'
    no_leftover "$dir"
    rm "$file"
}
finish() {
    [ "$failures" -eq 0 ] && echo "$name: ok"
    exit $((failures > 0))
}
