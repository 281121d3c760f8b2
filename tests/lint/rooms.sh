#!/bin/sh
# Holds the code against the floor plan, tests/lint/rooms.txt.  Argument: the
# folder of the objects.  Checked on include lines and, since a function can be
# declared by hand, on the symbols of the objects; and that no two objects of
# engine/ need each other, not even by way of others.  Prints what breaks it.
set -u
out=$1
table=$(dirname "$0")/rooms.txt
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# One line a room: "ROOM room room ...".
awk '
    /^#/ || /^$/ { next }
    /^ / { line = line $0; next }
    { if (line != "") print line; line = $0 }
    END { print line }' "$table" | sed 's/: */ /; s/:$//' > "$tmp/rooms"
awk '{
    for (i = 2; i <= NF; i++)
        if (!seen[$i]) print "rooms.txt: " $1 " names " $i ", not above it"
    seen[$1] = 1
}' "$tmp/rooms" > "$tmp/broken"

# Uses, one a line: "FILE FILE": of a header, and of what another file defines.
find engine lessons viz assets -name '*.[ch]' | sort > "$tmp/files"
xargs grep -HE '^#include "' < "$tmp/files" |
    sed 's/:#include "/ /; s/".*//' > "$tmp/uses"
: > "$tmp/symbols"
sed -n 's/\.c$//p' "$tmp/files" | while read -r f; do
    [ -f "$out/$f.o" ] || echo "$f.c: has no object in $out" >> "$tmp/broken"
    nm "$out/$f.o" 2> "$tmp/nm" | sed "s|^|$f.c |" >> "$tmp/symbols"
done
awk '
    NF == 4 && $3 ~ /^[TDRB]$/ { home[$4] = $1 }
    $2 == "U" { user[$1 " " $3] }
    END {
        for (u in user) {
            split(u, part, " ")
            if (part[2] in home) print part[1], home[part[2]]
        }
    }' "$tmp/symbols" | sort -u > "$tmp/calls"

awk '
    function room(file) {
        while (sub(/\/[^\/]*$/, "", file) && !(file in known)) {}
        return file
    }
    FILENAME ~ /rooms$/ {
        known[$1]
        for (i = 1; i <= NF; i++) may[$1, $i]
        next
    }
    !(room($1) in known) { print $1 ": is in no room of rooms.txt" }
    NF == 2 && !((room($1), room($2)) in may) {
        print $1 ": " room($1) " may not use " $2
    }' "$tmp/rooms" "$tmp/files" "$tmp/uses" "$tmp/calls" |
    sort -u >> "$tmp/broken"

# tsort names the files of a circle on its standard error.
grep '^engine/.* engine/' "$tmp/calls" | tsort 2>&1 > /dev/null |
    sed 's/^tsort: /circle: /' >> "$tmp/broken"

cat "$tmp/broken"
[ ! -s "$tmp/broken" ]
