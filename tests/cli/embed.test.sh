#!/bin/sh
# assets/embed.sh: no file, and several, come out of a program as they went in.
. tests/cli/lib.sh
cc=${CC:-gcc}
words='(assets/embed.sh)'

cat > "$dir/show.c" <<'C'
#include "assets/embed.h"
#include <stdio.h>
int main(void) {
    for (const Embed *e = embed_table; e->name; e++) {
        printf("%s %zu %d %d\n", e->name, (size_t)(e->end - e->begin),
               (int)((uintptr_t)e->begin % 64), *e->end);
        fwrite(e->begin, 1, (size_t)(e->end - e->begin), stdout);
    }
    return 0;
}
C
# shown FILES...: what the program says that they are embedded in.
shown() {
    sh assets/embed.sh "$@" > "$dir/embed.S" 2> "$dir/err" &&
        "$cc" -Wall -Werror -I. -c -o "$dir/embed.o" "$dir/embed.S" \
            2> "$dir/err" &&
        "$cc" -Wall -Werror -std=c11 -I. -o "$dir/show" "$dir/show.c" \
            "$dir/embed.o" 2> "$dir/err" &&
        "$dir/show" > "$dir/out" || bad 'does not build'
}
shown
[ -s "$dir/out" ] && bad 'something came of nothing'

printf 'one\n' > "$dir/a.md"
printf '\000\001\377' > "$dir/b.bin"
: > "$dir/empty"
shown "$dir/a.md" "$dir/b.bin" "$dir/empty"
{
    printf '%s 4 0 0\none\n' "$dir/a.md"
    printf '%s 3 0 0\n\000\001\377' "$dir/b.bin"
    printf '%s 0 0 0\n' "$dir/empty"
} > "$dir/expected"
cmp "$dir/expected" "$dir/out" || bad 'not what went in'
finish
