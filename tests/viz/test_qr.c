/* QR codes: what scanners look for stands where it must; and which address a
 * slide's box has. */
#include "tests/support/test.h"
#include "viz/app/pictures.h"
#include "viz/paint/qr.h"

#include <stdlib.h>
#include <string.h>

/* A finder: 7 x 7 dark, in it 5 x 5 light, in it 3 x 3 dark. */
static void ck_finder(const Qr *qr, int x, int y) {
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < 7; k++) {
            const int dx = abs(i - 3), dy = abs(k - 3);
            const int ring = dx > dy ? dx : dy;
            ck_assert_int_eq(qr_dark(qr, x + i, y + k), ring != 2);
        }
}

START_TEST(a_code_has_its_three_finders) {
    Qr qr;
    Err err = {0};
    ck_assert(qr_make(&qr, "https://arxiv.org/abs/1706.03762", &err));
    ck_assert_int_eq(qr.side, 29); /* version 3 holds 42 bytes at M */
    ck_finder(&qr, 0, 0);
    ck_finder(&qr, qr.side - 7, 0);
    ck_finder(&qr, 0, qr.side - 7);
    for (int i = 8; i < qr.side - 8; i++) /* the timing pattern */
        ck_assert_int_eq(qr_dark(&qr, i, 6), i % 2 == 0);
    qr_free(&qr);
    ck_assert_int_eq(qr.side, 0);
    qr_free(&qr);
}
END_TEST

START_TEST(no_text_and_a_long_text_have_no_code) {
    Qr qr;
    char text[QR_TEXT_MAX + 2];
    Err err = {0};
    ck_assert(!qr_make(&qr, "", &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    memset(text, 'a', sizeof text);
    text[QR_TEXT_MAX + 1] = '\0';
    err_clear(&err);
    ck_assert(!qr_make(&qr, text, &err));
    ck_assert_str_eq(err.msg, "QR code: found 401 bytes, need 1 to 400");
    ck_assert_int_eq(qr.side, 0);
    text[QR_TEXT_MAX] = '\0';
    ck_assert(qr_make(&qr, text, NULL));
    qr_free(&qr);
}
END_TEST

START_TEST(a_box_knows_its_address) {
    static const struct {
        const char *name, *address;
    } boxes[] = {
        {"https://bbycroft.net/llm", "https://bbycroft.net/llm"},
        {"//bbycroft.net/llm", "https://bbycroft.net/llm"},
        {"assets/1706.03762.pdf", "https://arxiv.org/abs/1706.03762"},
        {"2307.09288v2.pdf", "https://arxiv.org/abs/2307.09288v2"},
        {"0706.1234.pdf", "https://arxiv.org/abs/0706.1234"},
        {"assets/llama2.pdf", ""},
        {"1706.03762.html", ""},
        {"17060.3762.pdf", ""},
        {"1706.037.pdf", ""},
        {"1706.037621.pdf", ""},
        {"x1706.03762.pdf", ""},
    };
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        char out[128];
        pictures_web(boxes[i].name, out, sizeof out);
        ck_assert_str_eq(out, boxes[i].address);
    }
}
END_TEST

static const char deck[] =
    "<iframe src=\"https://bbycroft.net/llm\"></iframe>\n\n"
    "<iframe src=\"data:text/html,x\"></iframe>\n\n"
    "<div class=\"pdf\"><!-- {\"pdf\": \"1706.03762.pdf\"} --></div>\n\n"
    "<div class=\"pdf\"><!-- {\"pdf\": \"llama2.pdf\"} --></div>\n";

START_TEST(what_has_an_address_has_a_code) {
    static const struct {
        const char *name;
        int page;
        bool has_code;
    } want[] = {{"https://bbycroft.net/llm", 0, true},
                {"data:text/html,x", 0, false},
                {"1706.03762.pdf", 1, true},
                {"llama2.pdf", 1, false}};
    Err err = {0};
    Pictures p = {0};
    Deck *d = deck_open_memory("t.md", deck, strlen(deck), &err);
    ck_assert_msg(d != NULL, "%s", err.msg);
    pictures_load(&p, d, false, 0, 0);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const Picture *pic = pictures_find(&p, want[i].name, want[i].page);
        ck_assert_msg((pic && pic->code.side > 0) == want[i].has_code, "%s",
                      want[i].name);
    }
    pictures_free(&p);
    deck_close(d);
}
END_TEST

TEST_MAIN("qr", a_code_has_its_three_finders,
          no_text_and_a_long_text_have_no_code, a_box_knows_its_address,
          what_has_an_address_has_a_code)
