#!/bin/sh
# Fuzzes.  Arguments: the program that writes the seeds, the folder of the
# fuzzers, seconds for each, names of the targets.  What they find besides the
# committed corpus, and inputs that fail, are left in build/fuzz/NAME; fails
# when there is one of the latter.
set -u
seeds=$1 fuzzers=$2 seconds=$3
shift 3
work=build/fuzz
mkdir -p "$work/seeds"
"$seeds" "$work/seeds" || exit 1
failed=
for name in "$@"; do
    mkdir -p "$work/$name/found" "tests/fuzz/corpus/$name"
    dict=tests/fuzz/dict/$name.dict
    echo "fuzz: $name for $seconds s"
    # A file may take no 64 MB at once; leaks and sanitizers stop it, too.
    TMPDIR=/dev/shm "$fuzzers/fuzz_$name" -max_total_time="$seconds" \
        -timeout=10 -malloc_limit_mb=64 -rss_limit_mb=1024 -max_len=40000 \
        -use_value_profile=1 -print_final_stats=1 -verbosity=1 \
        ${dict:+-dict="$dict"} -artifact_prefix="$work/$name/" \
        "$work/$name/found" "tests/fuzz/corpus/$name" "$work/seeds/$name" \
        > "$work/$name/log" 2>&1 || failed="$failed $name"
    grep -E '^(stat::number_of_executed_units|==|SUMMARY|does not hold)' \
        "$work/$name/log" | sed 's/^/    /'
done
[ -z "$failed" ] && exit 0
echo "fuzz: failed:$failed (logs and inputs: $work/NAME)"
exit 1
