/* The table of views, and of their families. */
#include "viz/views/view.h"

#include <string.h>

#define VIEW_ADDRESS(NAME) &view_##NAME,
static const View *const views[] = {VIEW_LIST(VIEW_ADDRESS)};
enum { N_VIEWS = sizeof views / sizeof *views };

int view_count(void) {
    return N_VIEWS;
}

const View *view_at(int i) {
    return i >= 0 && i < N_VIEWS ? views[i] : NULL;
}

const View *view_find(const char *name) {
    for (int i = 0; i < N_VIEWS; i++)
        if (strcmp(views[i]->name, name) == 0) return views[i];
    return NULL;
}

int view_on_key(const char *key) {
    for (int i = 0; i < N_VIEWS; i++)
        if (strcmp(views[i]->key, key) == 0) return i;
    return -1;
}

const char *view_title(const View *v, const Arch *a) {
    return v->two_way_title && !a->causal ? v->two_way_title : v->title;
}

const View *view_default(void) {
    return &view_attention;
}

const char *view_family_title(Family f) {
#define FAMILY_TITLE(ID, TITLE) TITLE,
    static const char *const titles[] = {FAMILY_LIST(FAMILY_TITLE)};
#undef FAMILY_TITLE
    return titles[f];
}

int view_of_family(Family f, int i) {
    for (; i < N_VIEWS; i++)
        if (views[i]->family == f) return i;
    return -1;
}

void view_opened_title(Opened *out, const char *text, Color color) {
    out->title[out->n_title++] = (TextSpan){.text = text,
                                            .len = (int)strlen(text),
                                            .face = FACE_BOLD,
                                            .color = color};
}

void view_opened_token(Opened *out, const Stage *s, int id) {
    const Piece piece = tokenizer_piece(s->tokenizer, id);
    const Color ink = s->theme->accent;
    const bool spaced =
        piece.len > 0 && piece.bytes[0] == ' ' && !piece.is_byte;
    const char *inside = tokenizer_inside(s->tokenizer);
    if (!inside && spaced) view_opened_title(out, "␣", ink);
    if (inside && !spaced && !piece.is_control)
        view_opened_title(out, inside, ink);
    view_opened_title(out, piece.is_byte ? "a byte" : piece.bytes + spaced,
                      ink);
}

int view_op(const View *v, const Arch *a, const char *name) {
    ViewOp op;
    for (int i = 0; v->op && v->op(a, i, &op); i++)
        if (strcmp(op.name, name) == 0) return i;
    return -1;
}

int view_op_or_default(const View *v, const Arch *a, const char *name) {
    if (!v || !v->op) return 0;
    const int op = view_op(v, a, name);
    return op >= 0 ? op : view_op(v, a, v->default_op);
}

int view_n_ops(const View *v, const Arch *a) {
    ViewOp op;
    int n = 0;
    while (v->op && v->op(a, n, &op))
        n++;
    return n;
}

int view_order(const View *v, const Arch *a, const char *name) {
    for (int i = 0; v->order && v->order(a, i); i++)
        if (strcmp(v->order(a, i), name) == 0) return i;
    return -1;
}
