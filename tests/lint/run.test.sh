#!/bin/sh
# run.sh itself: what passes, fails and is skipped is counted and named, in
# programs and in scripts, which run together; and nothing in tests/ looks
# beside the repository.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
bad() {
    echo "run: $*"
    failures=$((failures + 1))
}
program() { # NAME LINE...: a program that does so
    {
        echo '#!/bin/sh'
        cat
    } > "$dir/$1"
    chmod +x "$dir/$1"
}
program good < /dev/null
echo 'exit 3' | program bad
printf 'echo "skip: fonts: no Arabic"\necho more\n' | program part
printf 'echo "skip: window: no Xvfb"\nexit 77\n' | program whole
echo 'exit 77' | program silent
# closes CODE LINE PROGRAMS -- SCRIPTS, all in $dir.
closes() {
    code=$1
    line=$2
    shift 2
    programs=
    scripts=
    for t in "$@"; do
        if [ "$t" = -- ]; then
            programs=$scripts
            scripts=
        else
            scripts="$scripts $dir/$t"
        fi
    done
    # shellcheck disable=SC2086
    SCRIPTS=$scripts sh tests/run.sh $programs > "$dir/said"
    found=$?
    [ "$found" -eq "$code" ] || bad "found exit code $found, need $code: $*"
    [ "$(tail -n 1 "$dir/said")" = "$line" ] ||
        bad "found \"$(tail -n 1 "$dir/said")\", need \"$line\""
}
unset NO_SKIP
closes 0 '2 passed, 0 failed, 0 skipped' good -- good
closes 1 '1 passed, 2 failed, 0 skipped' bad good -- bad
closes 0 '2 passed, 0 failed, 2 skipped: fonts: no Arabic; window: no Xvfb' \
    part -- good whole
closes 0 "1 passed, 0 failed, 1 skipped: sh $dir/silent" good -- silent
NO_SKIP=1
export NO_SKIP
closes 0 '2 passed, 0 failed, 0 skipped' good -- good
closes 1 '2 passed, 0 failed, 1 skipped: fonts: no Arabic' part -- good
# Each of two waits for the other: they run together.  One that is killed has failed.
meets() { # meets MINE OTHERS
    echo "touch $dir/$1; for i in 1 2 3 4 5 6 7 8 9; do"
    echo "[ -e $dir/$2 ] && exit 0; sleep 1; done; exit 1"
}
meets left right | program left-one
meets right left | program right-one
TEST_JOBS=2
export TEST_JOBS
closes 0 '2 passed, 0 failed, 0 skipped' left-one -- right-one
echo 'kill -KILL $$' | program killer
closes 1 '1 passed, 1 failed, 0 skipped' killer -- good

beside='\.\./share'd
grep -rnI -e "$beside" tests Makefile .ci && bad 'a test needs what is not here'
[ "$failures" -eq 0 ] && echo 'run: ok'
exit "$((failures > 0))"
