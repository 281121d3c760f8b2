#include "engine/spec/site.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const Config config = {.dim = 12,
                              .hidden_dim = 20,
                              .n_layers = 3,
                              .n_heads = 6,
                              .n_kv_heads = 3,
                              .head_dim = 2,
                              .vocab_size = 99};

START_TEST(names_are_those_of_transformer_lens) {
    static const struct {
        Site site;
        const char *name;
    } some[] = {
        {SITE_EMBED, "hook_embed"},
        {SITE_SCALED_EMBED, "embed.hook_scaled"},
        {SITE_RESID_PRE, "blocks.7.hook_resid_pre"},
        {SITE_LN1_SCALE, "blocks.7.ln1.hook_scale"},
        {SITE_Q, "blocks.7.attn.hook_q"},
        {SITE_ROT_K, "blocks.7.attn.hook_rot_k"},
        {SITE_ATTN_SCORES, "blocks.7.attn.hook_attn_scores"},
        {SITE_PATTERN, "blocks.7.attn.hook_pattern"},
        {SITE_Z, "blocks.7.attn.hook_z"},
        {SITE_ATTN_OUT, "blocks.7.hook_attn_out"},
        {SITE_MLP_PRE, "blocks.7.mlp.hook_pre"},
        {SITE_MLP_PRE_LINEAR, "blocks.7.mlp.hook_pre_linear"},
        {SITE_RESID_POST, "blocks.7.hook_resid_post"},
        {SITE_LN_FINAL_NORMALIZED, "ln_final.hook_normalized"},
        {SITE_LOGITS, "logits"},
    };
    char name[64];
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        site_name(some[i].site, 7, name, sizeof name);
        ck_assert_str_eq(name, some[i].name);
    }
    site_name(SITE_PATTERN, 1023, name, 12);
    ck_assert_str_eq(name, "blocks.1023");
}
END_TEST

START_TEST(full_names_lead_back) {
    for (int s = 0; s < SITE_COUNT; s++)
        for (int layer = 0; layer < CONFIG_LAYERS_MAX; layer += 341) {
            char name[64];
            Site found;
            int found_layer;
            site_name(s, layer, name, sizeof name);
            ck_assert_msg(site_find(name, &found, &found_layer), "%s", name);
            ck_assert_int_eq(found, s);
            ck_assert_int_eq(found_layer, site_info(s)->per_layer ? layer : 0);
            ck_assert_msg(site_find(site_short(s), &found, &found_layer), "%s",
                          site_short(s));
            ck_assert_int_eq(found, s);
        }
}
END_TEST

START_TEST(short_names_are_found_when_only_one_fits) {
    static const struct {
        const char *name;
        Site site;
    } good[] = {
        {"q", SITE_Q},
        {"k", SITE_K},
        {"rot_q", SITE_ROT_Q},
        {"attn.hook_q", SITE_Q},
        {"hook_resid_pre", SITE_RESID_PRE},
        {"resid_post", SITE_RESID_POST},
        {"pattern", SITE_PATTERN},
        {"pre", SITE_MLP_PRE},
        {"ln2.hook_out", SITE_LN2_OUT},
        {"embed", SITE_EMBED},
        {"ln1.hook_mean", SITE_LN1_MEAN},
        {"pos_embed", SITE_POS_EMBED},
        {"q_norm.hook_scale", SITE_Q_NORM_SCALE},
    };
    static const char *const bad[] = {"",
                                      "scale",
                                      "hook_out",
                                      "ook_q",
                                      "normalized",
                                      "mean",
                                      "hook_mean",
                                      "norm.hook_scale",
                                      "_mean",
                                      "final.hook_mean",
                                      "esid_post",
                                      "hook_",
                                      "blocks",
                                      "blocks.1",
                                      "blocks.1.q",
                                      "quark",
                                      ".",
                                      "hook_q ",
                                      "logits.hook_q",
                                      "blocks.1.logits"};
    Site site;
    int layer;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(site_find(good[i].name, &site, &layer), "%s",
                      good[i].name);
        ck_assert_int_eq(site, good[i].site);
        ck_assert_int_eq(layer, -1);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!site_find(bad[i], &site, &layer), "%s", bad[i]);
}
END_TEST

/* How many names have this end from a dot or "hook_" on; *only: one of them. */
static int named(const char *end, int *only) {
    const size_t n_end = strlen(end);
    int n = 0;
    for (int s = 0; s < SITE_COUNT; s++) {
        char name[80];
        site_name((Site)s, 3, name, sizeof name);
        const size_t size = strlen(name), at = size - n_end;
        if (n_end > size || strcmp(name + at, end) != 0) continue;
        if (at > 0 && name[at - 1] != '.' &&
            (at < 5 || strncmp(name + at - 5, "hook_", 5) != 0))
            continue;
        *only = s;
        n++;
    }
    return n;
}

/* Every end of every name leads to the one site that has it, or to none. */
START_TEST(an_end_of_several_names_is_nobodys) {
    int n_of_several = 0;
    for (int s = 0; s < SITE_COUNT; s++) {
        char full[80];
        site_name((Site)s, 3, full, sizeof full);
        const char *tail = strncmp(full, "blocks.3.", 9) ? full : full + 9;
        for (const char *end = tail; *end; end++) {
            Site found;
            int layer, only = -1;
            const int n = named(end, &only);
            n_of_several += n > 1;
            ck_assert_msg(site_find(end, &found, &layer) == (n == 1),
                          "%s is the end of %d", end, n);
            if (n == 1) ck_assert_int_eq(found, only);
        }
    }
    ck_assert_int_gt(n_of_several, 0);
}
END_TEST

START_TEST(layers_have_one_spelling) {
    static const char *const bad[] = {
        "blocks.01.hook_resid_pre",  "blocks.-1.hook_resid_pre",
        "blocks..hook_resid_pre",    "blocks.1024.hook_resid_pre",
        "blocks.1hook_resid_pre",    "blocks.99999999999.hook_resid_pre",
        "blocks. 1.hook_resid_pre",  "blocks.%d.hook_resid_pre",
        "xblocks.1.hook_resid_pre",  "blocks.1.blocks.1.hook_resid_pre",
        "blocks.1.hook_resid_pre\n", "blocks.00.hook_resid_pre"};
    Site site;
    int layer;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!site_find(bad[i], &site, &layer), "%s", bad[i]);
}
END_TEST

START_TEST(shapes_follow_the_config) {
    static const struct {
        Site site;
        int rows, cols;
    } some[] = {
        {SITE_EMBED, 1, 12},
        {SITE_LN1_SCALE, 1, 1},
        {SITE_LN1_OUT, 1, 12},
        {SITE_Q, 6, 2},
        {SITE_ROT_K, 3, 2},
        {SITE_V, 3, 2},
        {SITE_ATTN_SCORES, 6, 41},
        {SITE_PATTERN, 6, 41},
        {SITE_Z, 6, 2},
        {SITE_MLP_POST, 1, 20},
        {SITE_MLP_OUT, 1, 12},
        {SITE_LN_FINAL_SCALE, 1, 1},
        {SITE_LN_FINAL_OUT, 1, 12},
        {SITE_LOGITS, 1, 99},
    };
    int rows, cols;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        site_shape(some[i].site, &config, 41, &rows, &cols);
        ck_assert_int_eq(rows, some[i].rows);
        ck_assert_int_eq(cols, some[i].cols);
    }
    for (int s = 0; s < SITE_COUNT; s++)
        ck_assert_int_eq(site_info(s)->per_key,
                         s == SITE_ATTN_SCORES || s == SITE_PATTERN);
}
END_TEST

/* Each norm, block and projection has the colour of what it is for. */
START_TEST(roles_and_heads_are_those_of_the_vectors) {
    static const struct {
        Site site;
        SiteRole role;
        bool per_head;
    } some[] = {
        {SITE_EMBED, SITE_ROLE_STREAM, false},
        {SITE_LN1_SCALE, SITE_ROLE_NONE, false},
        {SITE_LN1_OUT, SITE_ROLE_STREAM, false},
        {SITE_Q, SITE_ROLE_QUERY, true},
        {SITE_ROT_Q, SITE_ROLE_QUERY, true},
        {SITE_K, SITE_ROLE_KEY, true},
        {SITE_ROT_K, SITE_ROLE_KEY, true},
        {SITE_V, SITE_ROLE_VALUE, true},
        {SITE_ATTN_SCORES, SITE_ROLE_NONE, false},
        {SITE_PATTERN, SITE_ROLE_NONE, false},
        {SITE_Z, SITE_ROLE_MIXED, true},
        {SITE_MLP_POST, SITE_ROLE_NEURON, false},
        {SITE_MLP_OUT, SITE_ROLE_STREAM, false},
        {SITE_LOGITS, SITE_ROLE_NONE, false},
    };
    int n_heads = 0;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        ck_assert_int_eq(site_role(some[i].site), some[i].role);
        ck_assert_int_eq(site_info(some[i].site)->per_head, some[i].per_head);
    }
    for (int s = 0; s < SITE_COUNT; s++)
        n_heads += site_info(s)->per_head;
    ck_assert_int_eq(n_heads, 12);
}
END_TEST

TEST_MAIN("site", roles_and_heads_are_those_of_the_vectors,
          names_are_those_of_transformer_lens, full_names_lead_back,
          short_names_are_found_when_only_one_fits,
          an_end_of_several_names_is_nobodys, layers_have_one_spelling,
          shapes_follow_the_config)
