/* The one place that knows libqrencode. */
#include "viz/paint/qr.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

static bool copy(Qr *qr, const QRcode *code, Err *err) {
    const size_t n = (size_t)code->width * (size_t)code->width;
    qr->dark = malloc(n);
    if (!qr->dark) return err_memory(err, "QR code", n);
    for (size_t i = 0; i < n; i++)
        qr->dark[i] = code->data[i] & 1; /* the other bits say what it is of */
    qr->side = code->width;
    return true;
}

bool qr_make(Qr *qr, const char *text, Err *err) {
    const size_t n = strlen(text);
    *qr = (Qr){0};
    if (n == 0 || n > QR_TEXT_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "QR code: found %zu bytes, need 1 to %d", n,
                       QR_TEXT_MAX);
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code) return err_memory(err, "QR code", n);
    const bool ok = copy(qr, code, err);
    QRcode_free(code);
    return ok;
}

void qr_free(Qr *qr) {
    free(qr->dark);
    *qr = (Qr){0};
}

bool qr_dark(const Qr *qr, int x, int y) {
    return qr->dark[y * qr->side + x] != 0;
}
