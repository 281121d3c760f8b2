#!/bin/sh
# clang-tidy over the files named as arguments, a process per processor.
# Prints findings only; fails when there are any.
set -u
cflags="-std=c11 -I. -D_POSIX_C_SOURCE=200809L -DLLANTERN_VERSION=\"\""
cflags="$cflags $(pkg-config --cflags sdl2 SDL2_ttf SDL2_image libpng zlib libqrencode cairo freetype2 harfbuzz fontconfig md4c md4c-html \
    libzip check)"
pkg-config --exists poppler-glib 2>/dev/null &&
    cflags="$cflags -DLLANTERN_POPPLER $(pkg-config --cflags poppler-glib)"
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c '
    more="-include tests/lint/analyzer.h"
    case {} in
    engine/base/err.c) more= ;; # which defines them
    *_avx2.c) more="$more -mavx2 -mfma" ;;
    *_avx512.c) more="$more -mavx512f -mavx512bw -mavx512vl -mfma" ;;
    esac
    # The count of findings in system headers is no finding.
    clang-tidy --quiet --warnings-as-errors="*" {} -- '"$cflags"' $more 2>&1 |
        grep -vE "^[0-9]+ warnings? (generated|treated)"
    [ $? -eq 1 ]'
