#!/bin/sh
# Lines that the tests ran, per source file, least covered first.  Argument:
# the folder of a build made with COV=1 in which the tests have run.
set -eu
out=$1
list=$(mktemp)
trap 'rm -f "$list"' EXIT
find engine lessons viz -name '*.c' | sort | while read -r source; do
    data=$out/${source%.c}.gcda
    [ -e "$data" ] || continue # an instruction set this machine lacks
    # gcov reports headers too; only the file itself is wanted.
    gcov --no-output --object-file "$data" "$source" 2>/dev/null |
        awk -v want="File '$source'" '
            $0 == want { wanted = 1; next }
            wanted && /^Lines executed/ {
                gsub(/Lines executed:|% of/, "")
                print
                exit
            }' | sed "s|$| $source|"
done > "$list"
sort -n "$list" | awk '{ printf "%6.1f %%  %5d lines  %s\n", $1, $2, $3 }'
awk '{ lines += $2; run += $1 * $2 / 100 }
    END {
        if (!lines) { print "coverage: nothing was run"; exit 1 }
        printf "%6.1f %%  %5d lines  in all\n", 100 * run / lines, lines
    }' "$list"
