/* The qk view: draws at every size and shape, keys and numbers can be clicked,
 * and what is opened is the number that the operation is about. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/qk/qk.h"

#include <math.h>

static const char *const states[] = {"op=before",
                                     "op=turned",
                                     "op=product",
                                     "op=scaled",
                                     "op=softmax",
                                     "op=distance",
                                     "op=turned shift=40 apart=3",
                                     "op=distance shift=-1 apart=90",
                                     "op=softmax shift=0 apart=0"};
enum { N_STATES = sizeof states / sizeof *states };

START_TEST(every_size_and_scale_draws) {
    fixture_draw_sizes(&view_qk, states, N_STATES, 450);
}
END_TEST

/* Heads of one pair, and as wide as those of Llama 2 7B. */
START_TEST(every_size_of_head_draws) {
    static const int dims[] = {8, 512};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.dim = dims[i];
        ck_assert(
            fixture_open_spec(&f, &spec, FIXTURE_STORY, 1400, 900, 1, "light"));
        for (int mode = 0; mode < N_STATES; mode++) {
            fixture_stage(&f, states[mode]);
            fixture_draw(&f, &view_qk);
            fixture_check_hits(&f);
        }
        QkLayout l;
        ck_assert(qk_layout(&f.stage, (Rect){0, 0, 1400, 800}, &l));
        const int shown = l.n_columns - (l.n_others > 0);
        ck_assert_int_eq(shown + l.n_others, l.m->n_pairs);
        double sum = l.others;
        for (int c = 0; c < l.n_columns; c++)
            if (l.pair[c] >= 0) sum += l.m->adds[l.pair[c]];
        ck_assert_double_eq_tol(sum, l.m->raw, 1e-6);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(every_key_can_be_clicked) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=softmax");
    fixture_draw(&f, &view_qk);
    bool key[64] = {false};
    for (int i = 0; i < f.hits->n; i++) {
        const Pick *pick = &f.hits->list[i].pick;
        if (!pick_find(pick, STATE_KEY)) continue;
        const int at = pick_get(pick, STATE_KEY); /* -1: a label opens none */
        ck_assert_int_lt(at, 64);
        if (at >= 0) key[at] = true;
    }
    for (int pos = 0; pos <= f.stage.pos; pos++)
        ck_assert(key[pos]);
    fixture_close(&f);
}
END_TEST

START_TEST(what_is_opened_is_what_the_operation_is_about) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 900, 700, 1, "light"));
    const int K = f.stage.config->head_dim;
    fixture_stage(&f, "layer=1 head=2 key=3 elem=1 op=before");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_Q);
    ck_assert_int_eq(o.index, 2 * K + 1);
    fixture_stage(&f, "op=turned");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.site, SITE_ROT_Q);
    fixture_stage(&f, "op=product");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    ck_assert_int_eq(o.made.kind, STUDY_RAW);
    fixture_stage(&f, "op=scaled");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.site, SITE_ATTN_SCORES);
    ck_assert_int_eq(o.index, 2 * (f.stage.pos + 1) + 3);
    ck_assert_ptr_nonnull(strstr(o.text, "divided by the root"));
    fixture_stage(&f, "op=softmax");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.kind, OPENED_SOFTMAX);
    ck_assert_int_eq(o.head, 2);
    ck_assert_int_eq(o.key, 3);
    fixture_stage(&f, "op=scaled edit=raw1.2");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_ptr_nonnull(strstr(o.text, "switched off"));
    fixture_close(&f);
}
END_TEST

/* The opened number of `state`, made; and the stage's meeting. */
static const Explain *explain_opened(Fixture *f, const char *state, Opened *o) {
    bool missing;
    fixture_stage(f, state);
    fixture_opened(f, &view_qk, o);
    if (o->kind == OPENED_CELL)
        o->made = (StudyKey){.kind = STUDY_CELL,
                             .site = o->site,
                             .layer = o->layer,
                             .pos = o->pos,
                             .index = o->index};
    study_get(f->study, o->made, &missing);
    fixture_make(f);
    return study_get(f->study, o->made, &missing);
}

/* The key's numbers have the arithmetic of the key's own turn: by its position,
 * from its own pair. */
START_TEST(numbers_of_the_key_open) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    const Config *c = f.stage.config;
    const int kv = 2 / (c->n_heads / c->n_kv_heads), K = c->head_dim;
    fixture_stage(&f, "layer=1 head=2 key=3 elem=1 part=key");
    const Explain *ex = explain_opened(&f, "op=before", &o);
    ck_assert(ex && ex->matches);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_K);
    ck_assert_int_eq(o.pos, 3);
    ck_assert_int_eq(o.index, kv * K + 1);
    ex = explain_opened(&f, "op=turned", &o);
    ck_assert(ex && ex->matches);
    ck_assert_int_eq(o.site, SITE_ROT_K);
    ck_assert_int_eq(ex->kind, EXPLAIN_ROTATE);
    ck_assert_int_eq(ex->n_terms, 2);
    ck_assert_double_eq_tol(ex->total, (double)qk_meet(&f.stage)->turned_k[1],
                            1e-6);
    ex = explain_opened(&f, "op=turned shift=9", &o);
    ck_assert(ex && ex->matches);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    ck_assert_double_eq_tol(ex->total, (double)qk_meet(&f.stage)->turned_k[1],
                            1e-6);
    ck_assert(!explain_opened(&f, "op=product shift=0", &o) ||
              o.made.kind == STUDY_RAW);
    fixture_close(&f);
}
END_TEST

/* A click on each of the four strips opens the number clicked. */
START_TEST(all_four_strips_open_their_own) {
    static const char *const of[] = {"before none", "turned none", "turned key",
                                     "before key"};
    Fixture f;
    bool found[4] = {false};
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=softmax key=3");
    fixture_draw(&f, &view_qk);
    for (int i = 0; i < f.hits->n; i++) {
        const Pick *p = &f.hits->list[i].pick;
        char words[64];
        if (!pick_find(p, STATE_ELEM) || !pick_find(p, STATE_PART)) continue;
        snprintf(words, sizeof words, "%s %s", pick_get_word(p, STATE_OP),
                 pick_get_word(p, STATE_PART));
        for (int k = 0; k < 4; k++)
            found[k] = found[k] || strcmp(words, of[k]) == 0;
    }
    for (int k = 0; k < 4; k++)
        ck_assert_msg(found[k], "%s", of[k]);
    fixture_close(&f);
}
END_TEST

/* ---- moved --------------------------------------------------------------- */

/* The strips, the numbers and what is opened are those of the new places; in
 * layer 0, as in any other, both moved on alike leave the score as it is. */
START_TEST(moved_tokens_keep_their_score) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=distance layer=0 head=1 key=3");
    fixture_draw(&f, &view_qk);
    const float stored = qk_meet(&f.stage)->score;
    const int pos = f.stage.pos;
    fixture_stage(&f, "shift=100");
    fixture_draw(&f, &view_qk);
    QkPlaces p = qk_places(&f.stage);
    ck_assert(p.moved);
    ck_assert_int_eq(p.query, pos + 100);
    ck_assert_int_eq(p.key, 103);
    const StudyMeet *m = qk_meet(&f.stage);
    ck_assert_double_eq_tol((double)m->score, (double)stored, 2e-6);
    ck_assert(memcmp(m->turned_q, qk_meet_unmoved(&f.stage)->turned_q,
                     (size_t)m->size * sizeof *m->turned_q) != 0);
    fixture_stage(&f, "shift=0 apart=6");
    fixture_draw(&f, &view_qk);
    const StudyKey at = study_meet_key(f.trace, 0, 1, pos, 3);
    const float *curve = study_distance(f.study, at);
    ck_assert_double_eq_tol((double)qk_meet(&f.stage)->score,
                            (double)curve[pos - 3 + 6], 1e-6);
    ck_assert(fabsf(curve[pos - 3 + 6] - stored) > 1e-4f);
    fixture_close(&f);
}
END_TEST

/* A state that moves them where no position is moves them as far as there is
 * one. */
START_TEST(places_are_never_below_0) {
    static const struct {
        const char *state;
        int query, key;
    } of[] = {{"shift=-100 apart=0", 6, 0},
              {"shift=0 apart=-100", 4, 4},
              {"shift=-2 apart=-100", 2, 2},
              {"shift=100000 apart=100000", 200010, 100004}};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 900, 700, 1, "light"));
    fixture_stage(&f, "token=10 key=4");
    for (int i = 0; i < 4; i++) {
        fixture_stage(&f, of[i].state);
        const QkPlaces p = qk_places(&f.stage);
        ck_assert_int_eq(p.query, of[i].query);
        ck_assert_int_eq(p.key, of[i].key);
        fixture_draw(&f, &view_qk);
        ck_assert_ptr_nonnull(qk_meet(&f.stage));
    }
    fixture_close(&f);
}
END_TEST

/* Each number that is shown of moved tokens opens to its arithmetic. */
START_TEST(numbers_of_moved_tokens_open) {
    static const char *const ops[] = {"turned", "product", "scaled", "softmax",
                                      "distance"};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "layer=1 head=2 key=3 shift=9 apart=4 elem=3");
    for (int i = 0; i < 5; i++) {
        char state[32];
        Opened o;
        bool missing;
        snprintf(state, sizeof state, "op=%s", ops[i]);
        fixture_stage(&f, state);
        fixture_opened(&f, &view_qk, &o);
        ck_assert_int_eq(o.kind, OPENED_MADE);
        study_get(f.study, o.made, &missing);
        fixture_make(&f);
        const Explain *ex = study_get(f.study, o.made, &missing);
        ck_assert(ex && ex->matches);
        const StudyMeet *m = qk_meet(&f.stage);
        const double want = i == 0   ? (double)m->turned_q[3]
                            : i == 3 ? (double)m->weight
                                     : (double)m->score;
        ck_assert_double_eq_tol(ex->total, want, 1e-5);
    }
    fixture_close(&f);
}
END_TEST

/* Where positions are rows, q·k is four numbers, each of which can be clicked,
 * is reached by Shift and the arrows, and opens. */
START_TEST(what_places_give_opens) {
    static const char *const words[] = {"both", "key", "query", "none"};
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.family = TINY_GPT2;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=places layer=1 head=2 key=3 part=both");
    fixture_draw(&f, &view_qk);
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        Opened o;
        bool missing, clicked = false;
        State next = *f.stage.state;
        ck_assert_str_eq(next.part, words[i]);
        fixture_opened(&f, &view_qk, &o);
        ck_assert_int_eq(o.kind, OPENED_MADE);
        const Explain *ex = study_get(f.study, o.made, &missing);
        ck_assert(ex && ex->matches);
        sum += ex->total;
        for (int h = 0; h < f.hits->n; h++) {
            const Pick *p = &f.hits->list[h].pick;
            clicked |= pick_find(p, STATE_PART) &&
                       strcmp(pick_find(p, STATE_PART)->word, words[i]) == 0;
        }
        ck_assert(clicked);
        ck_assert_int_eq(view_qk.below(&f.stage, +1, &next), i < 3);
        char state[32];
        snprintf(state, sizeof state, "part=%s", next.part);
        fixture_stage(&f, state);
    }
    ck_assert_double_eq_tol(sum, qk_meet(&f.stage)->raw, 1e-5);
    fixture_close(&f);
}
END_TEST

/* Two sliders, within what can be; and a way back. */
START_TEST(sliders_move_them) {
    Fixture f;
    int sliders = 0, back = 0;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=distance key=3 shift=9");
    fixture_draw(&f, &view_qk);
    for (int i = 0; i < f.hits->n; i++) {
        const Hit *h = &f.hits->list[i];
        back += pick_find(&h->pick, STATE_SHIFT) != NULL;
        if (h->kind != HIT_SLIDER) continue;
        sliders++;
        ck_assert_float_eq(h->lo, h->slider_key == STATE_SHIFT
                                      ? -3
                                      : (float)(3 - f.stage.pos));
        ck_assert_float_ge(h->hi, 1);
    }
    ck_assert_int_eq(sliders, 2);
    ck_assert_int_eq(back, 1);
    fixture_close(&f);
}
END_TEST

/* A number under the mouse is lit in all strips, and said. */
START_TEST(a_dimension_is_lit_in_all_strips) {
    Fixture f;
    Tip tip = {0};
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=turned key=3");
    fixture_draw(&f, &view_qk);
    /* Of the hits of the first column, those of one number. */
    int ys[16], n = 0, x = -1;
    for (int i = 0; i < f.hits->n; i++) {
        const Hit *h = &f.hits->list[i];
        if (h->kind != HIT_PICK || !pick_find(&h->pick, STATE_ELEM) ||
            pick_get(&h->pick, STATE_ELEM) != 0 || n == 16)
            continue;
        x = h->rect.x;
        ys[n++] = h->rect.y;
    }
    ck_assert_int_ge(n, 4);
    uint32_t was[16];
    for (int i = 0; i < n; i++)
        was[i] = fixture_pixel(&f, x, ys[i] + 3);
    f.stage.mouse_x = x + 3;
    f.stage.mouse_y = ys[0] + 3;
    f.stage.tip = &tip;
    fixture_draw(&f, &view_qk);
    for (int i = 0; i < n; i++)
        ck_assert(fixture_pixel(&f, x, ys[i] + 3) != was[i]);
    ck_assert(strstr(tip.text, "element 0: query") == tip.text);
    fixture_close(&f);
}
END_TEST

/* A figure has nothing to press: it tells how far they were moved, no more. */
START_TEST(a_figure_has_no_sliders) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    for (int figure = 0; figure < 2; figure++) {
        f.stage.is_figure = figure;
        fixture_stage(&f, "op=product token=7 key=3 shift=2");
        f.stage.is_figure = figure;
        fixture_draw(&f, &view_qk);
        ck_assert_int_eq(fixture_says(&f, "both moved on by (Shift"), !figure);
        ck_assert_int_eq(fixture_says(&f, "both moved by"), figure);
        ck_assert_int_eq(fixture_says(&f, "back to their"), !figure);
        fixture_stage(&f, "shift=0");
        f.stage.is_figure = figure;
        fixture_draw(&f, &view_qk);
        ck_assert_int_eq(fixture_says(&f, "both moved on by"), !figure);
    }
    fixture_close(&f);
}
END_TEST

/* With RoPE off nothing is said to turn. */
START_TEST(without_rope_nothing_is_turned) {
    static const char *const words[] = {"7 × θ", "tokens a turn", "thin",
                                        "Only the gap", "Each pair is"};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=product token=7 key=3");
    fixture_draw(&f, &view_qk);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(fixture_says(&f, words[i]), "%s", words[i]);
    fixture_stage(&f, "edit=rope");
    fixture_draw(&f, &view_qk);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(!fixture_says(&f, words[i]), "%s", words[i]);
    ck_assert(fixture_says(&f, "not turned"));
    fixture_close(&f);
}
END_TEST

/* The curve is the larger plot where it is asked about, and one clock is large
 * where the turn is. */
START_TEST(what_is_asked_about_is_large) {
    Fixture f;
    QkLayout l;
    const Rect all = {0, 0, 1600, 800};
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=softmax token=7 key=3");
    fixture_draw(&f, &view_qk);
    ck_assert(qk_layout(&f.stage, all, &l));
    const int h = l.curve_r.h;
    ck_assert_int_lt(l.curve_r.w, l.row.w);
    ck_assert_int_eq(l.clock.w, 0);
    fixture_stage(&f, "op=distance");
    fixture_draw(&f, &view_qk);
    ck_assert(qk_layout(&f.stage, all, &l));
    ck_assert_int_gt(l.curve_r.w, l.row.w);
    ck_assert_int_gt(l.curve_r.h, h);
    fixture_stage(&f, "op=turned");
    fixture_draw(&f, &view_qk);
    ck_assert(qk_layout(&f.stage, all, &l));
    ck_assert_int_gt(l.clock.w, l.dial_h);
    fixture_close(&f);
}
END_TEST

/* Qwen2's queries have a bias, Llama's none: the words say which. */
START_TEST(a_bias_is_told_of) {
    for (int k = 0; k < 2; k++) {
        Fixture f;
        Opened o;
        TinySpec spec = tiny_spec();
        spec.family = k ? TINY_QWEN2 : TINY_LLAMA;
        ck_assert(
            fixture_open_spec(&f, &spec, FIXTURE_STORY, 1400, 900, 1, "light"));
        fixture_stage(&f, "op=before token=7 key=3");
        fixture_opened(&f, &view_qk, &o);
        ck_assert_int_eq(strstr(o.text, "plus a bias") != NULL, k);
        ck_assert_ptr_nonnull(strstr(o.text, "query matrix"));
        fixture_close(&f);
    }
}
END_TEST

/* In letters as small as they get, each name or every second is below the
 * baselines of those beside it by more than a descender. */
START_TEST(names_of_keys_do_not_touch) {
    static const int widths[] = {560, 797, 900, 1100, 1360};
    for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
        Fixture f;
        int n, slanted = 0;
        ck_assert(fixture_open(&f, FIXTURE_TALES, FIXTURE_TALE, widths[k], 560,
                               .711f, "light"));
        fixture_stage(&f, "op=softmax layer=3 token=31 key=28");
        fixture_draw(&f, &view_qk);
        const TextMark *mark = canvas_texts(f.canvas, &n);
        for (int i = 0; i < n; i++) {
            slanted += mark[i].angle != 0;
            for (int j = 0; j < i && mark[i].angle != 0; j++)
                ck_assert_msg(
                    mark[j].angle == 0 ||
                        !textmark_meets(&mark[i], &mark[j], .28f * mark[i].cap),
                    "%d: \"%s\" and \"%s\"", widths[k], mark[i].text,
                    mark[j].text);
        }
        ck_assert_int_ge(slanted, 10);
        fixture_close(&f);
    }
}
END_TEST

#define DAY " One day, she went to the park. There she met Tom."

/* The dashed line at the strongest other score lies in the plot, though the
 * row shows only the keys about the opened one. */
START_TEST(the_strongest_other_score_is_on_the_axis) {
    static const char text[] = DAY DAY DAY DAY DAY DAY;
    const Rect all = {0, 0, 760, 620};
    QkLayout l;
    Fixture f;
    ck_assert(
        fixture_open(&f, FIXTURE_TALES, text, all.w, all.h, .8f, "light"));
    int away = 0;
    for (int head = 0; head < 4; head++)
        for (int key = 20; key < 80; key += 20) {
            char state[64];
            snprintf(state, sizeof state,
                     "op=distance layer=3 head=%d token=-1 key=%d", head, key);
            fixture_stage(&f, state);
            fixture_draw(&f, &view_qk);
            ck_assert(qk_layout(&f.stage, all, &l));
            ck_assert_ptr_nonnull(l.scores);
            int rival = -1;
            for (int i = 0; i < l.n_keys; i++)
                if (i != key && (rival < 0 || l.scores[i] > l.scores[rival]))
                    rival = i;
            away += rival < l.first_key || rival >= l.first_key + l.keys_shown;
            ck_assert_double_le((double)l.scores[rival], l.high);
            ck_assert_double_ge((double)l.scores[rival], l.low);
        }
    ck_assert_int_gt(away, 0);
    fixture_close(&f);
}
END_TEST

/* Where the knob stands at an end, all of it is on the picture. */
START_TEST(no_knob_is_cut) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1360, 800, 1, "light"));
    fixture_stage(&f, "op=softmax key=0 token=7");
    fixture_draw(&f, &view_qk);
    int sliders = 0;
    for (int i = 0; i < f.hits->n; i++) {
        const Hit *hit = &f.hits->list[i];
        if (hit->kind != HIT_SLIDER) continue;
        sliders++;
        ck_assert_int_ge(hit->rect.x, 8);
        ck_assert_int_le(hit->rect.x + hit->rect.w, 1360 - 8);
    }
    ck_assert_int_eq(sliders, 2);
    fixture_close(&f);
}
END_TEST

/* A text of some thirty tokens is shown to its end in a narrow stage, too: the
 * token that reads stands there. */
START_TEST(the_reading_token_is_in_its_row) {
    Fixture f;
    ck_assert(fixture_open(
        &f, NULL, FIXTURE_STORY " mat. the cat sat on the mat. the cat", 575,
        640, .72f, "light"));
    fixture_stage(&f, "op=softmax layer=1 key=2");
    fixture_draw(&f, &view_qk);
    bool shown = false;
    for (int i = 0; i < f.hits->n; i++) {
        const PickPart *key = pick_find(&f.hits->list[i].pick, STATE_KEY);
        shown |= key && key->number == f.stage.pos;
    }
    ck_assert_int_gt(f.stage.n_pos, 30);
    ck_assert(shown);
    ck_assert(!fixture_says(&f, "keys 0 to"));
    fixture_close(&f);
}
END_TEST

static bool says_alone(const Fixture *f, const char *words) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(mark[i].text, words) == 0) return true;
    return false;
}

/* Of few keys each has its score and its weight as a number: neither is told
 * by a colour alone. */
START_TEST(a_few_keys_have_their_numbers) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1600, 900, 1, "light"));
    fixture_stage(&f, "op=softmax layer=1 key=1 token=2");
    fixture_draw(&f, &view_qk);
    const float *weights =
        stage_row(&f.stage, SITE_PATTERN, 1, 2) + f.stage.head * 3;
    for (int key = 0; key < 3; key++) {
        char text[8];
        stage_weight_text(weights[key], text);
        ck_assert_msg(says_alone(&f, text), "%s", text);
    }
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_qk", a_few_keys_have_their_numbers,
          the_reading_token_is_in_its_row, names_of_keys_do_not_touch,
          no_knob_is_cut, the_strongest_other_score_is_on_the_axis,
          a_bias_is_told_of, a_figure_has_no_sliders,
          without_rope_nothing_is_turned, what_is_asked_about_is_large,
          numbers_of_the_key_open, all_four_strips_open_their_own,
          moved_tokens_keep_their_score, places_are_never_below_0,
          numbers_of_moved_tokens_open, what_places_give_opens,
          sliders_move_them, a_dimension_is_lit_in_all_strips,
          every_size_and_scale_draws, every_size_of_head_draws,
          every_key_can_be_clicked,
          what_is_opened_is_what_the_operation_is_about)
