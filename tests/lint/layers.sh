#!/bin/sh
# The rules of the tree that a compiler does not check.  Argument: the folder
# of the objects.  Each rule prints what breaks it; the exit status counts.
set -u
out=$1
cc=${CC:-gcc}
broken=0

# found RULE: prints standard input under the rule's name, if there is any.
found() {
    lines=$(cat)
    [ -z "$lines" ] && return
    printf '%s\n' "$lines" | sed "s|^|layers: $1: |"
    broken=$((broken + 1))
}
# Reads here-documents and pipes without a subshell, so that broken counts.
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
check() {
    rule=$1
    shift
    "$@" > "$tmp"
    found "$rule" < "$tmp"
}
sources() { find "$@" -name '*.[ch]' | sort; }
# The code without its comments, each line with its file and number.
code() {
    awk '
        FNR == 1 { inside = 0 }
        {
            text = $0
            kept = ""
            while (text != "") {
                if (inside) {
                    end = index(text, "*/")
                    if (!end) break
                    text = substr(text, end + 2)
                    inside = 0
                } else {
                    start = index(text, "/*")
                    if (!start) { kept = kept text; break }
                    kept = kept substr(text, 1, start - 1)
                    text = substr(text, start + 2)
                    inside = 1
                }
            }
            if (kept != "") print FILENAME ":" FNR ": " kept
        }' "$@"
}

# ---- what lies in the repository -------------------------------------------

# A checkout of git says what is kept; without one there is nothing to hold.
check 'the top level is this, and dot files' sh -c \
    'git ls-files 2> /dev/null | sed "s|/.*||" | sort -u |
     grep -vxE "viz|engine|assets|lessons|tests|Makefile|README.md|LICENSE" |
     grep -v "^[.][^.]"'

# ---- who may include whom --------------------------------------------------

check 'rooms' sh tests/lint/rooms.sh "$out"
# shellcheck disable=SC2046
{
check 'includes name the path from the root' sh -c \
    'grep -nE "^#include \"" "$@" |
     grep -vE "#include \"(engine|lessons|viz|assets|tests)/"' sh \
    $(sources engine lessons viz)
}

# only LIBRARY-HEADER FILES...: no other file includes that header.
only() {
    header=$1
    shift
    allowed=$(printf '%s\n' "$@" | sed 's|.*|^&:|')
    grep -rnE "^#include <$header" engine lessons viz |
        grep -vE "$(printf '%s' "$allowed" | tr '\n' '|')"
}
check 'SDL is known to the window alone' only 'SDL\.h' viz/window/window.c \
    viz/window/window_loop.c viz/window/window_private.h
check 'SDL_image is known to picture.c alone' only SDL_image viz/paint/picture.c
check 'SDL_ttf is known to the fonts alone' only SDL_ttf viz/paint/fonts.c
check 'fontconfig is known to fontfind.c alone' only fontconfig viz/paint/fontfind.c
check 'libqrencode is known to qr.c alone' only 'qrencode\.h' viz/paint/qr.c
check 'cairo, FreeType and HarfBuzz are known to the vector alone' only \
    '(cairo|hb|ft2build)' viz/paint/vector.c viz/paint/vector_text.c \
    viz/paint/vector_private.h viz/paint/document.c
check 'poppler is known to document.c alone' only poppler viz/paint/document.c
check 'libpng is known to png.c alone' only 'png\.h' viz/paint/png.c
check 'zlib is known to png.c alone' only 'zlib\.h' viz/paint/png.c
check 'libzip is known to npz.c alone' only zip engine/trace/npz.c
check 'md4c is known to deck_md.c alone' only 'md4c\.h' lessons/deck_md.c
check 'its HTML half is known to deck_entity.c alone' only md4c-html \
    lessons/deck_entity.c
check 'jansson is known to jsonfile.h alone' only jansson engine/base/jsonfile.h
check 'utf8proc is known to the tokenizer alone' only utf8proc \
    engine/tokenizer/tokenizer_words.c engine/tokenizer/tokenizer_normal.c
check 'OpenMP is known to team.c alone' only omp engine/base/team.c
check 'intrinsics are known to the kernels alone' only '(immintrin|arm_neon)' \
    engine/kernel/kern_avx2.c engine/kernel/kern_avx512.h engine/kernel/kern_neon.c

# ---- what code may not do --------------------------------------------------

objects=$(find engine lessons viz -name '*.c' | sed "s|^|$out/|; s|c$|o|")
# Constants with addresses in them lie in .data.rel.ro: no way to write there.
mutable() {
    # shellcheck disable=SC2086
    objdump -t $objects | awk '
        / file format / { file = $1; sub(/:$/, "", file) }
        / O / && $0 ~ /[ \t](\.t?(data|bss)(\.[a-z.]*)?|\*COM\*)[ \t]/ &&
            $0 !~ /\.data\.rel\.ro/ { print file ": " $NF }'
}
check 'no mutable globals, no function statics' mutable

banned='strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen'
banned="$banned|alloca|rand|srand|strncpy|scanf|sscanf|longjmp"
calls() {
    pattern=$1
    shift
    code "$@" | grep -E "(^|[^a-z_A-Z0-9])($pattern) ?\("
}
# shellcheck disable=SC2046
{
check 'banned call' calls "$banned" $(sources engine lessons viz)
check 'exit belongs to main, a child, and a signal that nothing can follow' \
    calls 'exit|_exit|abort' $(sources engine lessons viz |
        grep -vE '^viz/(window/mapfault|paint/document).c$')
# What may print is escape.c, and whatever prints a text of its own; cli_text
# passes text on, file_save.c, mapfault.c and document.c write to descriptors.
unescaped() {
    code "$@" |
        grep -E '(^|[^a-z_A-Z0-9])(v?d?f?printf|perror|fwrite|write|fputs|puts|f?putc|putchar)\(' |
        grep -vE "(puts|putc|putchar) ?\\(('|\")" |
        grep -vE '^(engine/base/(escape|file_save)|viz/window/mapfault|viz/paint/document)\.c:' |
        grep -vE '^viz/cli/cli\.c:.* fwrite\(text, 1, n, stdout\)'
}
check 'setjmp is for libpng alone' calls setjmp \
    $(sources engine lessons viz | grep -v '^viz/paint/png.c$')
check 'what is printed is escaped' unescaped $(sources engine lessons viz)
# A conversion of floating point in a text: C prints "-nan", too.
own_numbers() {
    code "$@" | grep -E '%[-+0#]*[0-9*]*([.][0-9*]+)?[aefgAEFG]'
}
check 'numbers are written by viz/views/number.c' own_numbers \
    $(sources viz/views viz/screen | grep -v '^viz/views/number.c$')
check 'views and kernels are handed time, chance and files' calls \
    'fopen|open|getenv|time|clock_gettime|SDL_GetTicks' \
    $(sources viz/views viz/screen engine/kernel)
}

# Calls of SDL's that can fail and whose result nobody looks at: a statement
# that is such a call and nothing else.  What cannot fail, and hints, which the
# environment may overrule:
never_fails='SDL_(Free|free|FreeSurface|Quit|DestroyWindow|SetWindowTitle|SetHint'
never_fails="$never_fails|DestroyTexture|DestroyRenderer|RenderPresent|EventState|AtomicSet|GetWindowSize|ClearError"
never_fails="$never_fails|Delay|StartTextInput|StopTextInput|SetWindowPosition|SetWindowSize|SetTextInputRect"
never_fails="$never_fails|ClearComposition)|TTF_(Quit|CloseFont|SetFontHinting)"
unchecked() {
    code "$@" | awk -v fine="^($never_fails)[(]" '
        {
            text = $0
            sub(/^[^:]*:[^:]*: */, "", text)
            call = ""
            if (before ~ /[;{}:)]$/ || before == "") call = text
            if (match(text, /^(if|for|while) .*[)] (SDL|TTF|IMG)_/))
                call = substr(text, RLENGTH - 3)
            sub(/^(else|\(void\)) */, "", call)
            if (call ~ /^(SDL|TTF|IMG)_[A-Za-z0-9]+[(]/ && call !~ fine)
                print $0
            sub(/ *$/, "", text)
            before = text
        }'
}
# shellcheck disable=SC2046
check "what SDL says of its calls is looked at" unchecked $(sources viz)
# The rule itself: it finds each of these, and nothing else.
seeded=$(mktemp)
cat > "$seeded" << 'EOC'
void f(void) {
    SDL_UpdateWindowSurface(w);
    if (x) SDL_BlitSurface(a, NULL, b, NULL);
    (void)TTF_SizeUTF8(font, text, &w, &h);
    if (x)
        IMG_Init(0);
    else SDL_PushEvent(&e);
    if (SDL_Init(0) != 0) SDL_Quit();
    TTF_Font *font =
        TTF_OpenFont(path, 12);
    return SDL_SetClipboardText(text) == 0;
}
EOC
n_seeded=$(unchecked "$seeded" | wc -l)
rm -f "$seeded"
[ "$n_seeded" -eq 5 ] || {
    echo "layers: the rule on SDL's calls finds $n_seeded of 5"
    broken=$((broken + 1))
}

# ---- names, sizes, columns -------------------------------------------------

# A public function begins with the first word of its file's name.  The others
# belong to a type that the file's header declares:
others='session:kv|layer|final
tensor:dtype
tokenizer:encoding
reader:size
explain:work|text|source|weight
raster:rect|color
view:stage'
prefixes() {
    for o in $objects; do
        word=$(basename "$o" .o)
        word=${word%%_*}
        case $o in
        */views/*) more=view ;;
        */screen/*) more=panel ;;
        *) more=$(printf '%s\n' "$others" | sed -n "s/^$word://p") ;;
        esac
        nm "$o" | awk -v word="$word" -v more="${more:-$word}" -v o="$o" '
            $2 == "T" && $3 !~ "^(" word "|" more ")(_|$)" { print o ": " $3 }'
    done
}
check 'a file name is its prefix' prefixes

too_long() {
    wc -l "$@" | awk '$1 > 800 && $2 != "total" { print $2 ": " $1 " lines" }'
}
too_wide() { LC_ALL=C.UTF-8 grep -nE '^.{81,}' "$@"; }
# shellcheck disable=SC2046
{
check 'a file has at most 800 lines' too_long $(sources engine lessons viz tests)
check 'a line has at most 80 columns' too_wide \
    $(sources engine lessons viz tests assets)
}

# ---- headers ---------------------------------------------------------------

cflags=$(pkg-config --cflags sdl2 SDL2_ttf SDL2_image libpng zlib libqrencode cairo freetype2 harfbuzz fontconfig md4c md4c-html libzip jansson \
    check)
alone() {
    sources engine lessons viz assets tests | grep '\.h$' |
        xargs -P2 -I{} sh -c "$cc -std=c11 -D_POSIX_C_SOURCE=200809L -I. \
            $cflags -Wall -Wno-psabi -fsyntax-only -x c -include {} /dev/null 2>&1"
}
check 'a header compiles alone' alone

[ "$broken" -eq 0 ] && echo 'layers: all rules hold'
exit "$broken"
