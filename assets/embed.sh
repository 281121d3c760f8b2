#!/bin/sh
# Writes an assembler file that holds the files named as arguments and the
# table of them that assets/embed.h declares.
set -eu
echo '/* Made by assets/embed.sh. */'
cat <<'ASM'
#ifdef __APPLE__
#define SYM(x) _##x
        .section __DATA,__const
#else
#define SYM(x) x
        .section .note.GNU-stack,"",%progbits
        .section .data.rel.ro,"aw",%progbits
#endif
ASM
i=0
for f in "$@"; do
    printf '        .balign 64\nLdata%d:\n        .incbin "%s"\n' "$i" "$f"
    printf 'Lend%d:\n        .byte 0\n' "$i"
    printf 'Lname%d:\n        .asciz "%s"\n' "$i" "$f"
    i=$((i + 1))
done
echo '        .balign 8'
echo '        .globl SYM(embed_table)'
echo 'SYM(embed_table):'
j=0
while [ "$j" -lt "$i" ]; do
    printf '        .quad Lname%d, Ldata%d, Lend%d\n' "$j" "$j" "$j"
    j=$((j + 1))
done
echo '        .quad 0, 0, 0'
