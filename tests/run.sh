#!/bin/sh
# Runs every test program named as an argument, then the shell tests in
# tests/*/*.test.sh.  Prints each one's own summary and a closing line: how many
# passed and failed, and what was skipped.  Fails if any fails; with
# NO_SKIP=1 also if anything was skipped.
#
# A test that cannot run here says "skip: WHAT: WHY" on a line of its own; a
# script that skips all that it tests exits 77, too.  What takes ten seconds or
# more is told.
set -u
failed=0
passed=0
skipped=0
what=
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
XDG_STATE_HOME=$dir/state # nothing is kept, nor found, of whoever tests
export XDG_STATE_HOME
one() {
    start=$(date +%s)
    {
        "$@"
        echo $? > "$dir/code"
    } | tee "$dir/out"
    case $(cat "$dir/code") in
    0) passed=$((passed + 1)) ;;
    77) grep -q '^skip: ' "$dir/out" || echo "skip: $*" >> "$dir/out" ;;
    *)
        failed=$((failed + 1))
        echo "FAILED: $*"
        ;;
    esac
    took=$(($(date +%s) - start))
    [ "$took" -lt 10 ] || echo "    ($took s: $*)"
    sed -n 's/^skip: //p' "$dir/out" > "$dir/skips"
    while read -r line; do
        skipped=$((skipped + 1))
        what="$what${what:+; }$line"
    done < "$dir/skips"
}
for t in "$@"; do
    one "$t"
done
for t in ${SCRIPTS:-tests/*/*.test.sh}; do
    [ -e "$t" ] && one sh "$t"
done
echo "$passed passed, $failed failed, $skipped skipped${what:+: $what}"
[ "$failed" -eq 0 ] && { [ -z "${NO_SKIP:-}" ] || [ "$skipped" -eq 0 ]; }
