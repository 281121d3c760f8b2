/* Qr: an address as a QR code, to be scanned from a seat.
 *
 *     Qr qr;
 *     if (qr_make(&qr, "https://arxiv.org/abs/1706.03762", &err)) ...
 *     qr_dark(&qr, x, y);      0 <= x, y < qr.side
 *     qr_free(&qr);
 *
 * Does NOT draw: around it belong QR_QUIET light modules on each side.
 * The code is libqrencode's (ISO/IEC 18004), error correction M.
 */
#ifndef VIZ_PAINT_QR_H
#define VIZ_PAINT_QR_H

#include "engine/base/err.h"

#include <stdint.h>

#define QR_QUIET    4   /* modules */
#define QR_TEXT_MAX 400 /* bytes: beyond that a code is too fine to scan */

typedef struct Qr {
    uint8_t *dark; /* [side, side], 1: dark; owned */
    int side;      /* modules; 0: there is none */
} Qr;

/* On failure *qr is empty: the text is empty or longer than QR_TEXT_MAX
 * (ERR_LIMIT), or there is no memory. */
bool qr_make(Qr *qr, const char *text, Err *err);
void qr_free(Qr *qr); /* an empty one is fine; leaves it so */
bool qr_dark(const Qr *qr, int x, int y);

#endif
