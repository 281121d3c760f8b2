#!/bin/sh
# Is the program hardened?  Position-independent, every table that the linker
# fills read-only before main, the stack guarded and not executable, the C
# library's calls checked.  Then a program that is not, to see that this tells.
set -u
case ${SAN:-} in
?*) exit 0 ;; # a sanitizer does all that, and more
esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cc=${CC:-gcc}

# lacks PROGRAM: what it lacks, a word each.
lacks() {
    readelf -hdlW "$1" > "$dir/elf"
    nm -D "$1" > "$dir/names"
    grep -q 'Type: *DYN' "$dir/elf" && grep -q 'FLAGS_1.*PIE' "$dir/elf" ||
        echo pie
    grep -q GNU_RELRO "$dir/elf" || echo relro
    grep -q 'FLAGS_1.*NOW' "$dir/elf" || echo now
    grep -q 'GNU_STACK.* RW ' "$dir/elf" || echo noexecstack
    grep -q ' U __stack_chk_fail' "$dir/names" || echo stack-protector
    grep -qE ' U __(mem|str|v?s?n?f?printf|read|fread)[a-z]*_chk' \
        "$dir/names" || echo fortify
}
found=$(lacks "$LLANTERN")
[ -z "$found" ] || {
    echo "hardened: $LLANTERN lacks" $found
    exit 1
}
cat > "$dir/soft.c" <<'C'
#include <string.h>
int main(int argc, char **argv) {
    char text[16];
    strcpy(text, argv[argc - 1]);
    return text[0];
}
C
"$cc" -O2 -no-pie -fno-pie -fno-stack-protector -U_FORTIFY_SOURCE \
    -Wl,-z,norelro -Wl,-z,lazy -Wl,-z,execstack -o "$dir/soft" "$dir/soft.c" \
    2> /dev/null || exit 1
found=$(lacks "$dir/soft" | tr '\n' ' ')
[ "$found" = 'pie relro now noexecstack stack-protector fortify ' ] || {
    echo "hardened: of a soft program found only that it lacks: $found"
    exit 1
}
echo "hardened: $LLANTERN is"
