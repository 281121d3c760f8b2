#!/bin/sh
# rooms.sh on small trees of its own: silent on a sound one, and each way of
# breaking the floor plan is told.
set -u
cc=${CC:-gcc}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# A sound tree: viz uses engine/spec, which uses engine/base.
tree() {
    rm -rf "$dir"/*
    mkdir -p "$dir/tests/lint" "$dir/engine/base" "$dir/engine/spec" \
        "$dir/viz/deep" "$dir/lessons" "$dir/assets"
    cp tests/lint/rooms.sh "$dir/tests/lint"
    cat > "$dir/tests/lint/rooms.txt" <<'END'
# a comment
engine/base:
engine/spec: engine/base
lessons:
assets:
viz: engine/base
    engine/spec
END
    echo 'int a_f(void);' > "$dir/engine/base/a.h"
    echo 'int a_f(void) { return 1; }' > "$dir/engine/base/a.c"
    printf '#include "engine/base/a.h"\nint b_f(void) { return a_f(); }\n' \
        > "$dir/engine/spec/b.c"
    printf 'int b_f(void);\nint d_f(void) { return b_f(); }\n' \
        > "$dir/viz/deep/d.c"
}
# tells TEXT: compiled, the tree breaks the plan with that text; "" not at all.
tells() {
    (
        cd "$dir" || exit 1
        find engine viz -name '*.c' | while read -r c; do
            mkdir -p "out/$(dirname "$c")"
            $cc -I. -c -o "out/${c%.c}.o" "$c" || exit 1
        done
        [ -z "${lost:-}" ] || rm "out/$lost"
        sh tests/lint/rooms.sh out > said
    )
    code=$?
    if [ -z "$1" ]; then
        [ "$code" -eq 0 ] && [ ! -s "$dir/said" ] && return
    else
        [ "$code" -ne 0 ] && grep -qF -- "$1" "$dir/said" && return
    fi
    echo "rooms: need \"$1\", found exit code $code and:"
    sed 's/^/    /' "$dir/said"
    failures=$((failures + 1))
}

tree
tells ''

tree
echo '#include "engine/spec/b.h"' >> "$dir/engine/base/a.h"
touch "$dir/engine/spec/b.h"
tells 'engine/base/a.h: engine/base may not use engine/spec/b.h'

tree # declared by hand: no include line, but the symbol tells
printf 'int d_f(void);\nint c_f(void) { return d_f(); }\n' \
    > "$dir/engine/spec/c.c"
tells 'engine/spec/c.c: engine/spec may not use viz/deep/d.c'

tree
printf 'int b_f(void);\nint c_f(void) { return b_f(); }\n' \
    > "$dir/engine/spec/c.c"
echo 'int c_f(void); int b_g(void) { return c_f(); }' >> "$dir/engine/spec/b.c"
tells 'circle: engine/spec/c.c'

tree
mkdir "$dir/engine/else"
echo 'int e_f(void) { return 2; }' > "$dir/engine/else/e.c"
tells 'engine/else/e.c: is in no room'

tree
sed 's/^engine\/base:/& engine\/spec/' "$dir/tests/lint/rooms.txt" > "$dir/t"
mv "$dir/t" "$dir/tests/lint/rooms.txt"
tells 'rooms.txt: engine/base names engine/spec, not above it'

tree
lost=engine/base/a.o
tells 'engine/base/a.c: has no object'
lost=

[ "$failures" -eq 0 ] && echo 'rooms: ok'
exit "$((failures > 0))"
