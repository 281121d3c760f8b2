/* Pictures on a slide, boxes for what is not shown, and the picture behind. */
#include "viz/screen/slide_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GAP_U          14
#define PAD_U          12
#define HIGHEST        0.75f /* of the page, that one picture takes */
#define TEXT_LEAST     7.0f  /* contrast of text with a picture behind it */
#define SOFT_LEAST     4.5f  /* of soft text */
#define DIM_STEPS      64
#define ASPECT_MAX     3.0f /* of a box: wider or higher ones are cut to it */
#define BOX_TEXT       512
#define BOX_LEAST_U    110
#define BRIEF_U        34  /* of a box that is one line */
#define CODE_U         300 /* of a QR code, at most, and of the page, in % */
#define CODE_PART      30
#define CODE_LEAST     2  /* pixels of a module */
#define STILL_PART     54 /* of the page's width, in % */
#define STILL_BESIDE_U 520

/* ---- pictures ------------------------------------------------------------ */

/* The largest of its shape within w x h pixels, and not larger than `most`
 * times its own size. */
static Rect fit(const Page *p, const Pixmap *px, int w, int h, float most) {
    float scale = fminf(most, (float)w / (float)px->w);
    scale = fminf(scale, (float)h / (float)px->h);
    int fw = (int)lroundf((float)px->w * scale);
    int fh = (int)lroundf((float)px->h * scale);
    return (Rect){p->x, p->y, fw > 0 ? fw : 1, fh > 0 ? fh : 1};
}

/* As large as the deck says, of a page as large as this one; within it. */
static Rect picture_rect(const Page *p, const DeckBlock *b, const Pixmap *px) {
    const float page = (float)p->h;
    float w = (float)p->w, h = page * HIGHEST;
    const bool stated = b->share > 0 || b->width > 0 || b->height > 0;
    if (!stated) return fit(p, px, (int)w, (int)h, canvas_scale(p->c));
    if (b->share > 0)
        w *= (float)b->share / 100;
    else if (b->width > 0)
        w *= fminf((float)b->width / DECK_PAGE_W, 1);
    if (b->height > 0) h = page * fminf((float)b->height / DECK_PAGE_H, 1);
    return fit(p, px, (int)w, (int)h, INFINITY);
}

static void draw_picture(Page *p, const DeckBlock *b, const Pixmap *px) {
    Rect r = picture_rect(p, b, px);
    if (p->slide->centred) r.x += (p->w - r.w) / 2;
    canvas_picture(p->c, r, px, 1);
    if (b->page > 0) /* white, as the slide may be */
        canvas_frame(p->c, r, 0, (float)canvas_u(p->c, 1), p->t->rule);
    p->y += r.h + canvas_u(p->c, GAP_U);
}

/* ---- boxes --------------------------------------------------------------- */

/* The host of "https://host/..."; its length, 0: there is none. */
static int host_of(const char *address, const char **host) {
    const char *at = strstr(address, "//");
    if (!at) return 0;
    *host = at + 2;
    return (int)strcspn(*host, "/?#");
}

/* As high as what it stands for would be, where the deck says that. */
static int box_height(const Page *p, const DeckBlock *b, int text_h) {
    int h = text_h, least = canvas_u(p->c, BOX_LEAST_U);
    if (b->kind == BLOCK_WEB && h < least) h = least;
    if (b->width > 0 && b->height > 0) {
        float aspect = (float)b->height / (float)b->width;
        aspect = fminf(fmaxf(aspect, 1 / ASPECT_MAX), ASPECT_MAX);
        int stated = (int)((float)p->w * aspect);
        int most = (int)((float)p->h * HIGHEST);
        if (stated > most) stated = most;
        if (h < stated) h = stated;
    }
    return h;
}

/* Pixels of a module: whole ones, which stay sharp; 0: the page is too narrow
 * for a code that can be scanned. */
static int module_size(const Page *p, const Qr *code) {
    const int side = code->side + 2 * QR_QUIET;
    const int room = p->w * CODE_PART / 100, most = canvas_u(p->c, CODE_U);
    const int px = (room < most ? room : most) / side;
    return px < CODE_LEAST ? 0 : px;
}

/* Dark on light in both themes: what scans is the light ground. */
static void draw_code(const Page *p, const Qr *code, int px, int x, int y) {
    const int side = (code->side + 2 * QR_QUIET) * px;
    const Color light = {255, 255, 255, 255}, dark = {0, 0, 0, 255};
    canvas_fill(p->c, (Rect){x, y, side, side}, light);
    for (int row = 0; row < code->side; row++)
        for (int col = 0; col < code->side; col++)
            if (qr_dark(code, col, row))
                canvas_fill(p->c,
                            (Rect){x + (QR_QUIET + col) * px,
                                   y + (QR_QUIET + row) * px, px, px},
                            dark);
}

/* code NULL: the text alone. */
static void draw_box(Page *p, const DeckBlock *b, const Qr *code,
                     TextSpan *spans, int n) {
    const int pad = canvas_u(p->c, PAD_U);
    const int px = code && code->side > 0 ? module_size(p, code) : 0;
    const int side = px ? (code->side + 2 * QR_QUIET) * px : 0;
    const int x = p->x + pad + (px ? side + canvas_u(p->c, GAP_U) : 0);
    const int w = p->x + p->w - pad - x;
    if (p->slide->centred && !px) spans[0].align = ALIGN_CENTER;
    int text_h =
        paragraph_text(p->c, 0, 0, w, TYPE_BODY, 1.4f, spans, n, false);
    int h = box_height(p, b, (text_h > side ? text_h : side) + 2 * pad);
    Rect r = {p->x, p->y, p->w, h};
    canvas_round(p->c, r, (float)canvas_u(p->c, 6), p->t->well);
    canvas_frame(p->c, r, (float)canvas_u(p->c, 6), (float)canvas_u(p->c, 1),
                 p->t->rule);
    if (px) draw_code(p, code, px, p->x + pad, p->y + (h - side) / 2);
    paragraph_text(p->c, x, p->y + (h - text_h) / 2, w, TYPE_BODY, 1.4f, spans,
                   n, true);
    p->y += h + canvas_u(p->c, GAP_U);
}

/* What the block's words say: a title, what the picture shows. */
static TextSpan words_of(const Page *p, const DeckBlock *b, char *out,
                         size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < b->n_spans && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%.*s",
                                 b->spans[i].len, b->spans[i].text);
    return panel_span(FACE_BOLD, p->t->text, out);
}

/* The slide links to it, too, which prints the address. */
static bool is_linked(const Page *p, const char *address) {
    for (int i = 0; i < p->slide->n_blocks; i++) {
        const DeckBlock *b = &p->slide->blocks[i];
        for (int k = 0; k < b->n_spans; k++)
            if (b->spans[k].href && strcmp(b->spans[k].href, address) == 0)
                return true;
    }
    return false;
}

/* Where a view stands beside the slide, or more is said below, the box is one
 * line: what counts is there. */
static bool is_brief(const Page *p, const DeckBlock *b) {
    return p->beat > b->beat || 2 * p->w < canvas_width(p->c);
}

/* The block's words, or its file's name, and where it is to be had. */
static void draw_brief(Page *p, const DeckBlock *b, const Picture *pic) {
    const int pad = canvas_u(p->c, PAD_U), h = canvas_u(p->c, BRIEF_U);
    const Rect r = {p->x, p->y, p->w, h};
    char words[BOX_TEXT], web[BOX_TEXT], where[BOX_TEXT + ERR_MSG_MAX];
    const char *slash = strrchr(b->info, '/');
    const char *name = deck_is_address(b->info) || !slash ? b->info : slash + 1;
    words_of(p, b, words, sizeof words);
    pictures_web(b->info, web, sizeof web);
    const char *address = strstr(web, "//");
    address = address ? address + 2 : web;
    if (pic && pic->why[0] && !web[0])
        snprintf(where, sizeof where, "not shown: %s", pic->why);
    else
        snprintf(where, sizeof where, "%s", web[0] ? address : name);
    const bool named = words[0] && strcmp(words, b->info) != 0;
    if (!named)
        snprintf(words, sizeof words, "%s", deck_is_address(name) ? "" : name);
    const bool twice = strcmp(words, where) == 0;
    const bool astray = twice && pic && pic->elsewhere;
    if (twice)
        snprintf(where, sizeof where, "%s",
                 astray ? "not kept beside this lesson" : "");
    canvas_round(p->c, r, (float)canvas_u(p->c, 6), p->t->well);
    const TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, p->t->text);
    const TextStyle mono = text_style(FACE_MONO, TYPE_TINY, p->t->soft);
    const int cap = canvas_metrics(p->c, bold).cap, room = p->w - 2 * pad;
    const int y = r.y + (h + cap) / 2, gap = words[0] ? pad : 0;
    const int w = canvas_text_width(p->c, bold, words);
    const int most = where[0] ? room * 3 / 5 : room;
    const int x = r.x + pad + (w < most ? w : most) + gap;
    canvas_text_fit(p->c, bold, r.x + pad, y, most, words);
    canvas_text_either(p->c, mono, x, y, r.x + p->w - pad - x, where,
                       astray ? "not kept here" : where);
    p->y += h + canvas_u(p->c, GAP_U);
}

static void draw_missing(Page *p, const DeckBlock *b, const Picture *pic) {
    char words[BOX_TEXT];
    if (is_brief(p, b)) {
        draw_brief(p, b, pic);
        return;
    }
    const bool elsewhere = pic && pic->elsewhere;
    const char *why = pic && pic->why[0] ? pic->why : b->info;
    const char *says = elsewhere ? "\nA picture, not kept beside this lesson: "
                                 : "\nA picture is missing: ";
    TextSpan spans[] = {
        words_of(p, b, words, sizeof words),
        panel_span(FACE_SANS, p->t->soft, words[0] ? says : says + 1),
        panel_span(FACE_MONO, p->t->soft, why ? why : "")};
    spans[2].scale = 0.8f;
    draw_box(p, b, NULL, spans, 3);
}

/* What a box says of a file that is not shown. */
static const char *file_says(const DeckBlock *b, const Picture *pic) {
    return pic && pic->elsewhere ? "A document, not kept beside this lesson:"
           : pic && pic->why[0]  ? "A document that is not shown:"
           : b->page > 0
               ? "A document; without poppler a PNG of the same name beside it "
                 "would be shown here."
               : "A file; a PNG of the same name beside it would be shown "
                 "here.";
}

static void draw_web(Page *p, const DeckBlock *b, const Picture *pic) {
    char title[BOX_TEXT], text[BOX_TEXT], address[BOX_TEXT];
    char elsewhere[BOX_TEXT] = "";
    const char *host = "";
    int n_host = host_of(b->info, &host);
    const char *why = pic ? pic->why : "";
    bool missing = n_host == 0 && why[0];
    TextSpan spans[4] = {words_of(p, b, title, sizeof title)};
    if (strcmp(title, b->info) == 0) { /* once is enough */
        title[0] = '\0';
        spans[0].len = 0;
    }
    const char *line = title[0] ? "\n" : "";
    if (n_host > 0)
        snprintf(text, sizeof text, "%s%.*s, not fetched\n", line,
                 n_host < 200 ? n_host : 200, host);
    else
        snprintf(text, sizeof text, "%s%s\n", line, file_says(b, pic));
    spans[1] = panel_span(FACE_SANS, p->t->soft, text);
    spans[2] = panel_span(FACE_MONO, p->t->soft,
                          missing                 ? why
                          : is_linked(p, b->info) ? ""
                                                  : b->info);
    spans[2].scale = 0.8f;
    pictures_web(b->info, address, sizeof address);
    if (n_host == 0 && address[0])
        snprintf(elsewhere, sizeof elsewhere, "\n%.200s", address);
    spans[3] = panel_span(FACE_MONO, p->t->text, elsewhere);
    spans[3].scale = 0.8f;
    draw_box(p, b, pic ? &pic->code : NULL, spans, elsewhere[0] ? 4 : 3);
}

/* A still of web content, and the box beside it, or where there is no room for
 * both, below it. */
static void draw_still(Page *p, const DeckBlock *b, const Picture *pic) {
    const int x = p->x, w = p->w, top = p->y, gap = canvas_u(p->c, GAP_U);
    const bool brief = is_brief(p, b);
    const bool beside = !brief && w >= canvas_u(p->c, STILL_BESIDE_U);
    const int still_w = beside ? w * STILL_PART / 100 : w;
    DeckBlock box = *b;
    box.width = box.height = 0; /* the still has the frame's shape */
    p->w = still_w;
    draw_picture(p, &box, &pic->pixels);
    const int end = p->y;
    if (beside) {
        p->x = x + still_w + gap;
        p->w = w - still_w - gap;
        p->y = top;
    }
    if (brief)
        draw_brief(p, b, pic);
    else
        draw_web(p, &box, pic);
    p->y = p->y > end ? p->y : end;
    p->x = x;
    p->w = w;
}

void slide_picture_draw(Page *p, const DeckBlock *b) {
    if (!b->info) return;
    const int page = b->page ? b->page + deck_step_at(p->slide, b, p->beat) : 0;
    const Picture *pic = pictures_find(p->pictures, b->info, page);
    const bool there = pic && pic->pixels.w > 0;
    if (there && b->kind == BLOCK_WEB && deck_is_address(b->info))
        draw_still(p, b, pic);
    else if (there)
        draw_picture(p, b, &pic->pixels);
    else if (b->kind == BLOCK_IMAGE)
        draw_missing(p, b, pic);
    else if (is_brief(p, b))
        draw_brief(p, b, pic);
    else
        draw_web(p, b, pic);
}

/* ---- the picture behind -------------------------------------------------- */

/* How much of a picture may shine through the ground so that text on it can be
 * read wherever it stands: against the worst that any pixel could be. */
static float dim(const Theme *t, const Picture *pic) {
    Color worst = t->dark ? pic->most : pic->least;
    int step = DIM_STEPS;
    for (; step > 0; step--) {
        Color ground = color_mix(t->panel, worst, (float)step / DIM_STEPS);
        if (theme_contrast(t->text, ground) >= TEXT_LEAST &&
            theme_contrast(t->soft, ground) >= SOFT_LEAST)
            break;
    }
    return (float)step / DIM_STEPS;
}

static const Picture *background_of(const Pictures *pictures,
                                    const DeckSlide *s) {
    return s->background
               ? pictures_find(pictures, s->background, s->background_page)
               : NULL;
}

bool slide_background_there(const Pictures *pictures, const DeckSlide *s) {
    const Picture *pic = background_of(pictures, s);
    return pic && pic->pixels.w > 0;
}

void slide_background_draw(const Page *p, Rect r) {
    const Picture *pic = background_of(p->pictures, p->slide);
    if (!slide_background_there(p->pictures, p->slide)) return;
    /* It covers the whole page; what is too long is cut on both sides. */
    float scale = fmaxf((float)r.w / (float)pic->pixels.w,
                        (float)r.h / (float)pic->pixels.h);
    int w = (int)ceilf((float)pic->pixels.w * scale);
    int h = (int)ceilf((float)pic->pixels.h * scale);
    canvas_push_clip(p->c, r);
    canvas_picture(p->c, (Rect){r.x + (r.w - w) / 2, r.y + (r.h - h) / 2, w, h},
                   &pic->pixels, dim(p->t, pic));
    canvas_pop_clip(p->c);
}

void slide_background_missing(Page *p) {
    const Picture *pic = background_of(p->pictures, p->slide);
    if (!p->slide->background || (pic && pic->elsewhere) ||
        slide_background_there(p->pictures, p->slide))
        return;
    TextSpan spans[] = {
        panel_span(FACE_SANS, p->t->soft, "The picture behind is missing: "),
        panel_span(FACE_MONO, p->t->soft,
                   pic ? pic->why : p->slide->background)};
    spans[1].scale = 0.8f;
    draw_box(p, &(DeckBlock){.kind = BLOCK_IMAGE}, NULL, spans, 2);
}
