#!/bin/sh
# same.sh itself: a build is the same as itself, and one that differs by a
# little is told from it.  Run on the pictures and numbers of this build.
. tests/cli/lib.sh

cat > "$dir/other" <<END
#!/bin/sh
# The same program, but for one letter and for files a byte longer.
"$PWD/$LLANTERN" "\$@" | sed 's/Mia/Mya/'
[ -e t.npz ] && echo >> t.npz
exit 0
END
chmod +x "$dir/other"
PARTS=numbers sh tests/same.sh "$LLANTERN" "$LLANTERN" > "$dir/out" 2> "$dir/err"
code=$?
words='(same.sh of one build)'
is 0
out ' 0 differences'
PARTS=numbers sh tests/same.sh "$LLANTERN" "$dir/other" > "$dir/out" 2> "$dir/err"
code=$?
words='(same.sh of two builds)'
is 1
out 'differs: t.npz: llantern trace'
out 'differs: out: llantern generate'
finish
