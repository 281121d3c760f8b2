#include "engine/spec/arch.h"
#include "engine/spec/edits.h"
#include "tests/support/bytes.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const Config config = {.arch = &arch_llama,
                              .dim = 16,
                              .hidden_dim = 24,
                              .n_layers = 3,
                              .n_heads = 4,
                              .seq_len_max = 9,
                              .vocab_size = 43};

static void check_format(const Edits *e, const char *want) {
    char text[EDITS_TEXT_MAX];
    edits_format(e, text, sizeof text);
    ck_assert_str_eq(text, want);
}

START_TEST(an_untouched_part_has_scale_one) {
    Edits e = {0};
    ck_assert(edits_get(&e, EDIT_HEAD, 0, 0) == 1.0f);
    ck_assert(edits_set(&e, EDIT_HEAD, 1, 2, 0.25f));
    ck_assert(edits_get(&e, EDIT_HEAD, 1, 2) == 0.25f);
    ck_assert(edits_get(&e, EDIT_HEAD, 2, 1) == 1.0f);
    ck_assert(edits_get(&e, EDIT_NEURON, 1, 2) == 1.0f);
    ck_assert(edits_set(&e, EDIT_HEAD, 1, 2, 0));
    ck_assert_int_eq(e.n, 1);
    ck_assert(edits_set(&e, EDIT_HEAD, 1, 2, 1));
    ck_assert_int_eq(e.n, 0);
    ck_assert(edits_set(&e, EDIT_HEAD, 1, 2, 1));
    ck_assert_int_eq(e.n, 0);
}
END_TEST

START_TEST(the_order_of_setting_does_not_matter) {
    Edits a = {0}, b = {0};
    static const Edit parts[] = {{EDIT_NEURON, 2, 17, 0, 0},
                                 {EDIT_MLP, 1, 0, 0, 0},
                                 {EDIT_HEAD, 2, 3, 0.5f, 0},
                                 {EDIT_ATTN, 3, 0, 0, 0},
                                 {EDIT_HEAD, 1, 9, 0, 0}};
    for (int i = 0; i < 5; i++) {
        const Edit *p = &parts[i], *q = &parts[4 - i];
        ck_assert(!edits_equal(&a, &b) || a.n == 0);
        ck_assert(edits_set(&a, p->kind, p->layer, p->index, p->scale));
        ck_assert(edits_set(&b, q->kind, q->layer, q->index, q->scale));
    }
    ck_assert(edits_equal(&a, &b));
    check_format(&a, "1.9,2.3*0.5,attn3,mlp1,n2.17");
    b.no_mask = true;
    ck_assert(!edits_equal(&a, &b));
    check_format(&b, "1.9,2.3*0.5,attn3,mlp1,n2.17,mask");
    edits_set(&a, EDIT_MLP, 1, 0, 2);
    a.no_mask = true;
    ck_assert(!edits_equal(&a, &b));
}
END_TEST

START_TEST(a_full_list_takes_no_more) {
    Edits e = {0};
    for (int i = 0; i < EDITS_MAX; i++)
        ck_assert(edits_set(&e, EDIT_NEURON, 1, 2 * i, 0));
    const Edits full = e;
    ck_assert(!edits_set(&e, EDIT_NEURON, 1, 7, 0));
    ck_assert(edits_equal(&e, &full));
    ck_assert(edits_set(&e, EDIT_NEURON, 1, 8, 0.5f));
    ck_assert(edits_set(&e, EDIT_NEURON, 1, 8, 1));
    ck_assert(edits_set(&e, EDIT_HEAD, 1, 7, 0));
    ck_assert_int_eq(e.n, EDITS_MAX);
    ck_assert_int_eq(e.list[0].kind, EDIT_HEAD);
}
END_TEST

/* The lowest layer that an edit touches, or n_layers. */
static int first_layer(const Edits *e, int n_layers) {
    int first = e->no_mask ? 0 : n_layers;
    for (int i = 0; i < e->n; i++)
        if (e->list[i].layer < first) first = e->list[i].layer;
    return first;
}

START_TEST(the_first_layer_is_the_lowest) {
    Edits e = {0};
    ck_assert_int_eq(first_layer(&e, 5), 5);
    edits_set(&e, EDIT_HEAD, 4, 0, 0);
    edits_set(&e, EDIT_NEURON, 2, 0, 0);
    edits_set(&e, EDIT_MLP, 3, 0, 0);
    ck_assert_int_eq(first_layer(&e, 5), 2);
    e.no_mask = true;
    ck_assert_int_eq(first_layer(&e, 5), 0);
}
END_TEST

START_TEST(text_is_parsed) {
    static const struct {
        const char *text, *canonical;
    } good[] = {
        {"", ""},
        {"2.3", "2.3"},
        {"mask", "mask"},
        {"attn0,mlp2,n1.23,0.0", "0.0,attn0,mlp2,n1.23"},
        {"mask,2.3*0.5", "2.3*0.5,mask"},
        {"2.3*-1.5e-2", "2.3*-0.0149999997"},
        {"2.3*0", "2.3"},
        {"2.3*1", ""},
        {"2.3,2.3*2", "2.3*2"},
        {"mlp1*.5", "mlp1*0.5"},
        {"cut2.3=8,cut2.3=7,cut7", "cut7,cut2.3=7,cut2.3=8"},
        {"raw2.3,rope1,rope,cut7", "raw2.3,rope,rope1,cut7"},
        {"token5=41,token5=42,token0=0", "token0=0,token5=42"},
        {"steer2=42-7*4,steer0=1,steer2=42",
         "steer0=1,steer2=42,steer2=42-7*4"},
        {"steer2=42-7*-0.5", "steer2=42-7*-0.5"},
        {"steer2=42*1", "steer2=42"},
        {"steer2=42*0", ""},
        {"freeze2.ln2,freeze2.ln1,freeze.final,freeze",
         "freeze,freeze.final,freeze2.ln1,freeze2.ln2"},
        {"patch2.resid@5,patch1.resid_mid@3", "patch1.resid_mid@3,"
                                              "patch2.resid_post@5"},
        {"patch2.attn@5,patch2.mlp@5,patch2.attn_out@5",
         "patch2.attn_out@5,patch2.mlp_out@5"},
        {"patch1.attn_out@2,patch1.attn,patch1.3",
         "patch1.attn_out,patch1.3,patch1.attn_out@2"},
        {"patch2.3@8,patch2.0@8,patch2.3@7", "patch2.3@7,patch2.0@8,"
                                             "patch2.3@8"},
        /* What enters a layer left the one before. */
        {"patch2.resid_pre@5,patch0.resid_pre@5",
         "patch0.resid_pre@5,patch1.resid_post@5"},
        {"steer2@5*4,steer2=5,steer2@5*2,steer2@4",
         "steer2=5,steer2@4,steer2@5*2"},
        {"steer2@5*0", ""},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        Err err = {0};
        Edits e;
        ck_assert_msg(edits_parse(&e, good[i].text, &config, &err), "%s",
                      err.msg);
        check_format(&e, good[i].canonical);
    }
}
END_TEST

START_TEST(only_a_few_patch_every_position) {
    Edits e = {0};
    Err err = {0};
    ck_assert(edits_parse(&e, "patch1.0,patch1.1,patch1.2,patch1.3,patch1.3@2",
                          NULL, &err));
    ck_assert(!edits_parse(&e, "patch1.0,patch1.1,patch1.2,patch1.3,patch0.0",
                           NULL, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_int_eq(e.n, 5);
    ck_assert_int_eq(edits_head(&e.list[edits_patch(&e, SITE_Z, 1, 3, 2)]), 3);
    ck_assert_int_eq(e.list[edits_patch(&e, SITE_Z, 1, 3, 2)].index, 2);
    ck_assert_int_eq(e.list[edits_patch(&e, SITE_Z, 1, 3, 4)].index,
                     EDITS_EVERY_POS);
    ck_assert_int_eq(edits_patch(&e, SITE_Z, 0, 0, 4), -1);
}
END_TEST

START_TEST(bad_text_is_refused_at_its_byte) {
    static const struct {
        const char *text;
        size_t pos;
    } bad[] = {
        {"2", 0},
        {"2.", 0},
        {".3", 0},
        {"x", 0},
        {"attn", 0},
        {"attn1.2", 0},
        {"n1", 0},
        {"-1.0", 0},
        {"2.3,", 4},
        {",2.3", 0},
        {"2.3,,2.2", 4},
        {"2.3 ", 0},
        {" 2.3", 0},
        {"2.3*", 0},
        {"2.3*x", 0},
        {"2.3*0x1", 0},
        {"2.3*inf", 0},
        {"2.3*nan", 0},
        {"2.3*1e99", 0},
        {"2.3* 1", 0},
        {"2.3*1*1", 0},
        {"2.3*1.2.3", 0},
        {"masks", 0},
        {"mask.1", 0},
        {"2.3,3.0", 4},
        {"2.4", 0},
        {"mlp3", 0},
        {"raw", 0},
        {"raw2", 0},
        {"raw2.3*2", 0},
        {"raw2.4", 0},
        {"raw3.0", 0},
        {"rope3", 0},
        {"ropes", 0},
        {"rope*2", 0},
        {"rope.1", 0},
        {"cut", 0},
        {"cut9", 0},
        {"cut5.1", 0},
        {"cut2.3=", 0},
        {"cut2.4=5", 0},
        {"cut3.0=5", 0},
        {"cut2.3=9", 0},
        {"cut2.3=5*2", 0},
        {"cut2=5", 0},
        {"cut5*2", 0},
        {"token5", 0},
        {"token5=", 0},
        {"token5=43", 0},
        {"token9=1", 0},
        {"token5=1*2", 0},
        {"token=1", 0},
        {"steer2", 0},
        {"steer2=", 0},
        {"steer2=43", 0},
        {"steer2=1-", 0},
        {"steer2=1-43", 0},
        {"steer3=1", 0},
        {"steer2=1-2*", 0},
        {"steer=1", 0},
        {"steer2.1", 0},
        {"steer2=-1", 0},
        {"2.3=4", 0},
        {"freeze1", 0},
        {"freeze3.ln1", 0},
        {"freeze1.final", 0},
        {"freeze.ln1", 0},
        {"freeze1.ln1*2", 0},
        {"freeze1.ln3", 0},
        {"patch1", 0},
        {"patch1.resid_post@9", 0},
        {"patch3.attn_out@1", 0},
        {"patch1.4@1", 0},
        {"patch1.z@1", 0},
        {"patch1.attn_out@-1", 0},
        {"patch1.2@1*2", 0},
        {"patch.2@1", 0},
        {"patch1.resid_post@", 0},
        {"patch1.residue@1", 0},
        {"steer2@9", 0},
        {"steer3@1", 0},
        {"steer2@", 0},
        {"steer2@1=2", 0},
        {"steer2@1-2", 0},
        {"n0.24", 0},
        {"mlp2,n2.99", 5},
        {"2.99999999999999999999", 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Err err = {0};
        Edits e = {.n = 1, .list = {{EDIT_MLP, 7, 0, 0, 0}}};
        const Edits before = e;
        ck_assert_msg(!edits_parse(&e, bad[i].text, &config, &err),
                      "\"%s\" was taken", bad[i].text);
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(err.pos == bad[i].pos, "\"%s\": byte %zu", bad[i].text,
                      err.pos);
        ck_assert(edits_equal(&e, &before));
    }
}
END_TEST

START_TEST(without_a_model_any_part_will_do) {
    Edits e;
    Err err = {0};
    ck_assert(edits_parse(&e, "900.900,n5.100000", NULL, &err));
    ck_assert(!edits_check(&e, &config, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_str_eq(err.msg, "edits: layer: found 900, need 0 to 2");
    err_clear(&err);
    ck_assert(edits_parse(&e, "2.3,n2.23,attn0,mlp2", NULL, &err));
    ck_assert(edits_check(&e, &config, &err));
    e.list[0].index = 4;
    ck_assert(!edits_check(&e, &config, &err));
    ck_assert_str_eq(err.msg, "edits: head: found 4, need 0 to 3");
}
END_TEST

START_TEST(too_many_parts_are_refused) {
    char text[EDITS_TEXT_MAX];
    int n = 0;
    for (int i = 0; i <= EDITS_MAX; i++)
        n += snprintf(text + n, sizeof text - n, "%sn0.%d", i ? "," : "", i);
    Err err = {0};
    Edits e;
    ck_assert(!edits_parse(&e, text, NULL, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    *strrchr(text, ',') = '\0';
    err_clear(&err);
    ck_assert(edits_parse(&e, text, NULL, &err));
    ck_assert_int_eq(e.n, EDITS_MAX);
}
END_TEST

/* Any edits come back from their text, at its longest too. */
START_TEST(text_brings_the_edits_back) {
    uint64_t state = 1;
    for (int round = 0; round < 200; round++) {
        Edits e = {.no_mask = random_next(&state) % 2}, back;
        while (e.n < EDITS_MAX) {
            const uint64_t r = random_next(&state);
            const EditKind kind = round ? r % 4 : EDIT_NEURON;
            const bool indexed = kind == EDIT_HEAD || kind == EDIT_NEURON;
            const int index = 999000 + (int)(r >> 8) % 999;
            const float scale = -1e-30f * (1 + (float)(r >> 40) * 0x1p-20f);
            ck_assert(edits_set(&e, kind, 1000 + (int)((r >> 32) % 23),
                                indexed ? index : 0, scale));
            if (random_next(&state) % 80 == 0 && round) break;
        }
        char text[EDITS_TEXT_MAX];
        Err err = {0};
        edits_format(&e, text, sizeof text);
        ck_assert_msg(edits_parse(&back, text, NULL, &err), "%s", err.msg);
        ck_assert(edits_equal(&e, &back));
    }
}
END_TEST

/* Which token hides a word is the tokenizer's to say. */
START_TEST(the_mask_is_named_without_its_id) {
    Edits e;
    Err err = {0};
    ck_assert(edits_parse(&e, "token5=[MASK],token6=7", NULL, &err));
    ck_assert_int_eq(e.list[0].other, EDITS_MASK);
    check_format(&e, "token5=[MASK],token6=7");
    edits_name_mask(&e, -1); /* it has none */
    ck_assert(!edits_check(&e, &config, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "has no [MASK]"));
    edits_name_mask(&e, 4);
    check_format(&e, "token5=4,token6=7");
    ck_assert(edits_check(&e, &config, &err));
    ck_assert(!edits_parse(&e, "token5=[MASK", NULL, &err));
    ck_assert(!edits_parse(&e, "steer2=[MASK]", NULL, &err));
    e.list[0].other = -1; /* nor is any number below 0 a token */
    ck_assert(!edits_check(&e, &config, &err));
}
END_TEST

START_TEST(parts_that_do_not_fit_are_left_out) {
    Edits e = {.no_mask = true};
    edits_set(&e, EDIT_HEAD, 1, 2, 0);
    edits_set(&e, EDIT_MLP, 1, 0, 0);
    const char *want = "";
    for (size_t size = 1; size < 16; size++) {
        char text[16] = "untouched";
        if (size == sizeof "1.2") want = "1.2";
        if (size == sizeof "1.2,mlp1") want = "1.2,mlp1";
        if (size == sizeof "1.2,mlp1,mask") want = "1.2,mlp1,mask";
        edits_format(&e, text, size);
        ck_assert_str_eq(text, want);
    }
}
END_TEST

START_TEST(a_position_reads_its_own_token_again) {
    Edits e = {0}, want = {0};
    ck_assert(edits_parse(&e, "mlp1,token3=7,token5=9", NULL, NULL));
    ck_assert(edits_parse(&want, "mlp1,token5=9", NULL, NULL));
    edits_read_again(&e, 4); /* nothing is there */
    ck_assert_int_eq(e.n, 3);
    edits_read_again(&e, 3);
    ck_assert(edits_equal(&e, &want));
    ck_assert_int_eq(edits_token(&e, 3, 1), 1);
    ck_assert_int_eq(edits_token(&e, 5, 1), 9);
}
END_TEST

START_TEST(parts_say_which_position_they_name) {
    static const struct {
        const char *text;
        int pos;
    } cases[] = {{"cut5", 5},       {"cut1.2=6", 6},
                 {"token3=7", 3},   {"patch1.mlp_out@4", 4},
                 {"patch1.2@4", 4}, {"patch1.mlp_out", -1},
                 {"steer1@8*2", 8}, {"steer1=8*2", -1},
                 {"1.2", -1},       {"n1.2", -1},
                 {"rope1", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Edits e = {0};
        ck_assert(edits_parse(&e, cases[i].text, NULL, NULL));
        ck_assert_msg(edits_position(&e.list[0]) == cases[i].pos, "%s",
                      cases[i].text);
    }
}
END_TEST

TEST_MAIN("edits", the_mask_is_named_without_its_id,
          parts_say_which_position_they_name, an_untouched_part_has_scale_one,
          a_position_reads_its_own_token_again,
          the_order_of_setting_does_not_matter, a_full_list_takes_no_more,
          the_first_layer_is_the_lowest, text_is_parsed,
          bad_text_is_refused_at_its_byte, only_a_few_patch_every_position,
          without_a_model_any_part_will_do, too_many_parts_are_refused,
          text_brings_the_edits_back, parts_that_do_not_fit_are_left_out)
