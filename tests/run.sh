#!/bin/sh
# Runs every test program named as an argument, then the shell tests in
# tests/*/*.test.sh.  Prints each one's own summary; fails if any fails.
set -u
failed=0
passed=0
one() {
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $*"
    fi
}
for t in "$@"; do
    one "$t"
done
for t in tests/*/*.test.sh; do
    [ -e "$t" ] && one sh "$t"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
