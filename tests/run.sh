#!/bin/sh
# Runs every test program named as an argument and the shell tests in
# tests/*/*.test.sh, TEST_JOBS at once (as many as there are cores), but those of
# real windows, which wait for what is seen, alone and last.  Prints each one's
# own output when it ended and a closing line: how many passed and failed, and
# what was skipped.  Fails if any fails; with NO_SKIP=1 also if anything was
# skipped.
#
# A test that cannot run here says "skip: WHAT: WHY" on a line of its own; a
# script that skips all that it tests exits 77, too.  What takes ten seconds or
# more is told.
set -u

# one FOLDER "NUMBER COMMAND...": runs it and keeps there how it ended.
one() {
    dir=$1
    # shellcheck disable=SC2086
    set -- $2
    n=$1
    shift
    start=$(date +%s)
    "$@" > "$dir/$n.out" 2>&1
    code=$?
    took=$(($(date +%s) - start))
    case $code in
    0) ;;
    77) grep -q '^skip: ' "$dir/$n.out" || echo "skip: $*" >> "$dir/$n.out" ;;
    *) echo "FAILED: $*" >> "$dir/$n.out" ;;
    esac
    [ "$took" -lt 10 ] || echo "    ($took s: $*)" >> "$dir/$n.out"
    echo "$code" > "$dir/$n.code"
    cat "$dir/$n.out"
}
if [ "${1:-}" = --one ]; then
    one "$2" "$3"
    exit
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
XDG_STATE_HOME=$dir/state # nothing is kept, nor found, of whoever tests
export XDG_STATE_HOME
total=0
# later FILE COMMAND...: it is run with those of FILE.
later() {
    total=$((total + 1))
    file=$1
    shift
    echo "$total $*" >> "$dir/$file"
}
: > "$dir/together"
: > "$dir/alone"
for t in "$@"; do
    later together "$t"
done
for t in ${SCRIPTS:-tests/*/*.test.sh}; do
    [ -e "$t" ] || continue
    case $t in
    tests/viz/*) later alone sh "$t" ;;
    *) later together sh "$t" ;;
    esac
done
run() { # run FILE AT_ONCE
    xargs -P "$2" -I '{}' sh "$0" --one "$dir" '{}' < "$dir/$1"
}
run together "${TEST_JOBS:-$(nproc 2>/dev/null || echo 2)}"
run alone 1

passed=0
failed=0
skipped=0
what=
n=0
while [ $n -lt $total ]; do
    n=$((n + 1))
    case $(cat "$dir/$n.code" 2>/dev/null) in
    0) passed=$((passed + 1)) ;;
    77) ;;
    *) failed=$((failed + 1)) ;; # one that was killed left no code
    esac
    sed -n 's/^skip: //p' "$dir/$n.out" > "$dir/skips"
    while read -r line; do
        skipped=$((skipped + 1))
        what="$what${what:+; }$line"
    done < "$dir/skips"
done
echo "$passed passed, $failed failed, $skipped skipped${what:+: $what}"
[ "$failed" -eq 0 ] && { [ -z "${NO_SKIP:-}" ] || [ "$skipped" -eq 0 ]; }
