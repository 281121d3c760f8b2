/* An architecture's tables agree with themselves, with what a run announces,
 * and with what they replaced. */
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <stdio.h>
#include <string.h>

/* ---- what holds for every architecture ----------------------------------- */

static bool takes_weight(OpKind kind) {
    return kind == OP_LOOKUP || kind == OP_POSITION || kind == OP_SEGMENT ||
           kind == OP_GAIN || kind == OP_LINEAR;
}

static int n_operands(OpKind kind) {
    static const int n[OP_KINDS] = {
        [OP_LOOKUP] = 0,   [OP_POSITION] = 0,  [OP_SEGMENT] = 0,
        [OP_STRETCH] = 1,  [OP_ENTER] = 2,     [OP_MEAN] = 1,
        [OP_SCALE] = 1,    [OP_NORMALIZE] = 2, [OP_GAIN] = 1,
        [OP_LINEAR] = 1,   [OP_ROTATE] = 1,    [OP_SCORES] = 2,
        [OP_SOFTMAX] = 1,  [OP_MIX] = 2,       [OP_GATE] = 2,
        [OP_ACTIVATE] = 1, [OP_ADD] = 2,
    };
    return n[kind];
}

/* Which op of the first n makes a site; -1: none. */
static int maker(const Arch *a, Site site, int n) {
    for (int i = 0; i < n; i++)
        if (a->ops[i].out == site) return i;
    return -1;
}

static Site layer_end(const Arch *a) {
    return arch_last_in_layer(a, ~(SiteMask)0);
}

#define NEED(condition, message)                                               \
    if (!(condition)) return message

/* Operands come from earlier ops of the same part; a layer reads only what
 * entered it, the end only what left the last. */
static const char *bad_operand(const Arch *a, int i) {
    const ArchOp *op = &a->ops[i];
    /* A norm that takes the mean off reads it. */
    const bool centred = op->kind == OP_SCALE && i > 0 &&
                         op[-1].kind == OP_MEAN && op[-1].in[0] == op->in[0];
    const int n = n_operands(op->kind) + centred;
    for (int k = 0; k < 2; k++) {
        NEED((op->in[k] != SITE_NONE) == (k < n), "operands of its kind");
        if (k >= n) continue;
        const bool again = op->kind == OP_ENTER && k == 1;
        const int from = maker(a, op->in[k], again ? a->n_ops : i);
        NEED(from >= 0, "operands made before");
        const ArchPart part = a->ops[from].part;
        if (op->kind == OP_ENTER) {
            NEED(part == (again ? ARCH_LAYER : ARCH_START), "entering");
        } else if (part != op->part) {
            NEED(op->part == ARCH_END && op->in[k] == arch_stream_next(a),
                 "parts joined by the stream alone");
        }
    }
    return NULL;
}

static const char *bad_op(const Arch *a, int i) {
    const ArchOp *op = &a->ops[i];
    NEED(maker(a, op->out, i) < 0, "a site made once");
    NEED(i == 0 || op->part >= op[-1].part, "parts in order");
    NEED((op->kind == OP_ENTER) ==
             (i > 0 && op->part == ARCH_LAYER && op[-1].part == ARCH_START),
         "a layer beginning with what enters it, and only that");
    NEED(takes_weight(op->kind) == (op->weight != TENSOR_NONE),
         "a weight where its kind takes one");
    const ArchTensor *t = arch_tensor(a, op->weight);
    if (op->weight != TENSOR_NONE) {
        NEED(t != NULL, "a tensor of each weight");
        NEED(t->per_layer == (op->part == ARCH_LAYER), "one for every layer");
        NEED((t->rows == ARCH_ONE) == (op->kind == OP_GAIN),
             "vectors as gains alone");
    }
    if (op->out < SITE_COUNT)
        NEED(site_info(op->out)->per_layer == (op->part == ARCH_LAYER),
             "layers' names in layers");
    /* Steps of a run do these at once. */
    if (op->kind == OP_MEAN)
        NEED(op[1].kind == OP_SCALE, "a norm in one piece");
    if (op->kind == OP_SCALE)
        NEED(op[1].kind == OP_NORMALIZE && op[1].in[1] == op->out &&
                 op[2].kind == OP_GAIN && op[2].in[0] == op[1].out,
             "a norm in one piece");
    if (op->kind == OP_SCORES)
        NEED(op[1].kind == OP_SOFTMAX && op[2].kind == OP_MIX,
             "attention in one piece");
    if (op->edit == EDIT_MLP)
        NEED(op[1].kind == OP_ADD && op[1].in[1] == op->out,
             "what is steered being added next");
    bool used = i == a->n_ops - 1;
    for (int k = 0; k < a->n_ops; k++)
        used |= a->ops[k].in[0] == op->out || a->ops[k].in[1] == op->out;
    NEED(used, "each site read by an op, but the last");
    return bad_operand(a, i);
}

/* How many ops have this edit; of this kind; with this weight. */
static int n_edited(const Arch *a, EditKind edit) {
    int n = 0;
    for (int i = 0; i < a->n_ops; i++)
        n += a->ops[i].edit == edit;
    return n;
}
static int n_of_kind(const Arch *a, OpKind kind) {
    int n = 0;
    for (int i = 0; i < a->n_ops; i++)
        n += a->ops[i].kind == kind;
    return n;
}
static int n_weighted(const Arch *a, TensorRole role) {
    int n = 0;
    for (int i = 0; i < a->n_ops; i++)
        n += a->ops[i].weight == role;
    return n;
}

/* Slices of one tensor are all there, once, and stored alike. */
static const char *bad_stored(const Arch *a, int i, ArchNaming naming) {
    const ArchStored *own = &a->tensors[i].in[naming];
    unsigned slices = 0;
    if (!own->stem) return NULL;
    for (int k = 0; k < a->n_tensors; k++) {
        const ArchStored *other = &a->tensors[k].in[naming];
        if (!other->stem || strcmp(other->stem, own->stem) != 0) continue;
        NEED(k == i || own->n_slices > 1, "names of their own");
        NEED(other->rows == own->rows && other->n_slices == own->n_slices &&
                 a->tensors[k].per_layer == a->tensors[i].per_layer,
             "slices of one tensor");
        NEED(!(slices & 1u << other->slice), "different slices");
        slices |= 1u << other->slice;
    }
    NEED(slices == (own->n_slices ? (1u << own->n_slices) - 1 : 1u),
         "all slices");
    return NULL;
}

static const char *bad_tensor(const Arch *a, int i) {
    const ArchTensor *t = &a->tensors[i];
    const ArchTensor *tied = arch_tensor(a, t->tied_to);
    NEED(n_weighted(a, t->role) == 1, "each tensor used exactly once");
    for (int k = 0; k < i; k++) {
        NEED(a->tensors[k].role != t->role, "a role once");
        NEED(!(a->tensors[k].per_layer && !a->tensors[i - 1].per_layer &&
               t->per_layer),
             "layers' tensors together");
    }
    if (t->tied_to != TENSOR_NONE)
        NEED(tied && tied->rows == t->rows && tied->cols == t->cols &&
                 !t->per_layer && !tied->per_layer,
             "tied to one of its shape");
    for (int naming = 0; naming < ARCH_NAMINGS; naming++) {
        const char *wrong = bad_stored(a, i, (ArchNaming)naming);
        if (wrong) return wrong;
    }
    return NULL;
}

/* What is needed and does not hold; NULL when all does. */
static const char *inconsistency(const Arch *a) {
    const char *wrong;
    for (int i = 0; i < a->n_ops; i++)
        if ((wrong = bad_op(a, i))) return wrong;
    for (int i = 0; i < a->n_tensors; i++)
        if ((wrong = bad_tensor(a, i))) return wrong;
    /* The first kinds scale what an operation makes; the others do not. */
    for (int edit = 0; edit <= EDIT_NEURON; edit++)
        NEED(n_edited(a, (EditKind)edit) == 1, "one place for every edit");
    NEED(arch_op(a, layer_end(a))->part == ARCH_LAYER &&
             layer_end(a) == arch_stream_next(a),
         "a layer ending with what leaves it");
    NEED(a->ops[a->n_ops - 1].ends_stage, "an end of the last stage");
    NEED((n_of_kind(a, OP_ROTATE) > 0) == a->rotates, "rotation");
    NEED((n_of_kind(a, OP_POSITION) > 0) == a->learned_positions, "positions");
    NEED((arch_op(a, arch_stream_next(a))->kind == OP_GAIN) == a->norm_after,
         "norms after");
    for (int i = 0; i < a->n_ops; i++) {
        if (a->ops[i].kind == OP_SCORES)
            NEED(a->ops[i].in[1] == a->cached_key, "cached keys");
        if (a->ops[i].kind == OP_MIX)
            NEED(a->ops[i].in[1] == a->cached_value, "cached values");
    }
    return NULL;
}

/* ---- LLaMA --------------------------------------------------------------- */

START_TEST(llama_and_its_kin_are_consistent) {
    static const Arch *const some[] = {&arch_llama, &arch_mistral, &arch_qwen2,
                                       &arch_qwen3, &arch_gemma};
    for (int i = 0; i < 5; i++) {
        const char *wrong = inconsistency(some[i]);
        ck_assert_msg(!wrong, "%s: %s", some[i]->name, wrong);
    }
}
END_TEST

/* One thing changed at a time, each is found. */
START_TEST(damaged_rows_are_found) {
    static const struct {
        OpKind kind;
        Site at, out, in[2];
        TensorRole weight;
        EditKind edit;
        const char *wrong;
    } cases[] = {
        {OP_LINEAR,
         SITE_Q,
         SITE_K,
         {SITE_LN1_OUT, SITE_NONE},
         TENSOR_WQ,
         EDIT_NONE,
         "a site made once"},
        {OP_LINEAR,
         SITE_Q,
         SITE_Q,
         {SITE_Z, SITE_NONE},
         TENSOR_WQ,
         EDIT_NONE,
         "operands made before"},
        {OP_LINEAR,
         SITE_Q,
         SITE_Q,
         {SITE_LN1_OUT, SITE_NONE},
         TENSOR_WK,
         EDIT_NONE,
         "each tensor used exactly once"},
        {OP_LINEAR,
         SITE_Q,
         SITE_Q,
         {SITE_LN1_OUT, SITE_NONE},
         TENSOR_CLASSIFIER,
         EDIT_NONE,
         "one for every layer"},
        {OP_MIX,
         SITE_Z,
         SITE_Z,
         {SITE_PATTERN, SITE_V},
         TENSOR_NONE,
         EDIT_NONE,
         "one place for every edit"},
        {OP_MIX,
         SITE_Z,
         SITE_Z,
         {SITE_PATTERN, SITE_K},
         TENSOR_NONE,
         EDIT_HEAD,
         "each site read by an op, but the last"},
        {OP_SOFTMAX,
         SITE_Z,
         SITE_Z,
         {SITE_PATTERN, SITE_V},
         TENSOR_NONE,
         EDIT_HEAD,
         "attention in one piece"},
        {OP_ADD,
         SITE_RESID_MID,
         SITE_RESID_MID,
         {SITE_EMBED, SITE_ATTN_OUT},
         TENSOR_NONE,
         EDIT_NONE,
         "parts joined by the stream alone"},
        {OP_LINEAR,
         SITE_ROT_Q,
         SITE_ROT_Q,
         {SITE_Q, SITE_NONE},
         TENSOR_NONE,
         EDIT_NONE,
         "a weight where its kind takes one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ArchOp ops[64];
        Arch a = arch_llama;
        memcpy(ops, a.ops, (size_t)a.n_ops * sizeof *ops);
        ops[arch_order(&a, cases[i].at)] =
            (ArchOp){cases[i].kind,
                     ARCH_LAYER,
                     cases[i].out,
                     {cases[i].in[0], cases[i].in[1]},
                     cases[i].weight,
                     cases[i].edit,
                     false};
        a.ops = ops;
        const char *wrong = inconsistency(&a);
        ck_assert_msg(wrong && strcmp(wrong, cases[i].wrong) == 0, "%zu: %s", i,
                      wrong ? wrong : "nothing");
    }
}
END_TEST

/* Of BERT, Gemma and Qwen 3 alone. */
static const SiteMask of_others =
    SITE_BIT(SITE_SCALED_EMBED) | SITE_BIT(SITE_POS_SUM) |
    SITE_BIT(SITE_SEGMENT_EMBED) | SITE_BIT(SITE_EMBED_SUM) |
    SITE_BIT(SITE_EMBED_LN_MEAN) | SITE_BIT(SITE_EMBED_LN_SCALE) |
    SITE_BIT(SITE_EMBED_LN_NORMALIZED) | SITE_BIT(SITE_RESID_NORMED) |
    SITE_BIT(SITE_HEAD_PRE) | SITE_BIT(SITE_HEAD_POST) |
    SITE_BIT(SITE_Q_NORM_SCALE) | SITE_BIT(SITE_Q_NORM_NORMALIZED) |
    SITE_BIT(SITE_Q_NORM_OUT) | SITE_BIT(SITE_K_NORM_SCALE) |
    SITE_BIT(SITE_K_NORM_NORMALIZED) | SITE_BIT(SITE_K_NORM_OUT);

/* What stood in the code as constants before there was a table. */
START_TEST(masks_are_those_known) {
    const Arch *a = &arch_llama;
    const SiteMask stream = SITE_BIT(SITE_EMBED) | SITE_BIT(SITE_RESID_PRE) |
                            SITE_BIT(SITE_RESID_POST);
    const SiteMask end = SITE_BIT(SITE_LN_FINAL_SCALE) |
                         SITE_BIT(SITE_LN_FINAL_NORMALIZED) |
                         SITE_BIT(SITE_LN_FINAL_OUT) | SITE_BIT(SITE_LOGITS);
    const SiteMask of_gpt2 = SITE_BIT(SITE_POS_EMBED) |
                             SITE_BIT(SITE_FULL_EMBED) |
                             SITE_BIT(SITE_LN1_MEAN) | SITE_BIT(SITE_LN2_MEAN) |
                             SITE_BIT(SITE_LN_FINAL_MEAN);
    const SiteMask all = SITE_ALL & ~(of_others | of_gpt2);
    ck_assert_uint_eq(arch_sites(a), all);
    ck_assert_uint_eq(arch_stream_sites(a), stream);
    ck_assert(arch_is_stream(a, SITE_EMBED));
    ck_assert(arch_is_stream(a, SITE_RESID_MID));
    ck_assert(!arch_is_stream(a, SITE_ATTN_OUT));
    ck_assert_int_eq(arch_stream_first(a), SITE_EMBED);
    ck_assert_int_eq(arch_stream_next(a), SITE_RESID_POST);
    ck_assert_uint_eq(arch_cached_sites(a),
                      SITE_BIT(SITE_V) | SITE_BIT(SITE_ROT_K));
    ck_assert_uint_eq(arch_cache_path(a), SITE_BIT(SITE_K) | SITE_BIT(SITE_V) |
                                              SITE_BIT(SITE_ROT_K));
    ck_assert_uint_eq(arch_part_sites(a, ARCH_START), SITE_BIT(SITE_EMBED));
    ck_assert_uint_eq(arch_part_sites(a, ARCH_END), end);
    ck_assert_uint_eq(arch_part_sites(a, ARCH_LAYER),
                      all & ~end & ~SITE_BIT(SITE_EMBED));
    ck_assert_uint_eq(arch_kind_sites(a, OP_ADD),
                      SITE_BIT(SITE_RESID_MID) | SITE_BIT(SITE_RESID_POST));
    ck_assert_int_eq(layer_end(a), SITE_RESID_POST);
    int n = 0, before = 0;
    for (int s = 0; s < SITE_COUNT; s++) {
        if (!(all & SITE_BIT(s))) continue;
        ck_assert_int_eq(arch_order(a, s), n++);
        ck_assert_uint_eq(arch_up_to(a, s), all & (SITE_BIT(s + 1) - 1));
        ck_assert_int_eq(arch_stage_end(a, s),
                         s <= SITE_PATTERN     ? SITE_PATTERN
                         : s <= SITE_RESID_MID ? SITE_RESID_MID
                         : s <= SITE_MLP_OUT   ? SITE_MLP_OUT
                                               : SITE_LOGITS);
        const bool in_layer = site_info(s)->per_layer;
        ck_assert_int_eq(arch_last_in_layer(a, SITE_BIT(s)),
                         in_layer ? (Site)s : SITE_RESID_PRE);
        ck_assert_int_eq(arch_last_in_layer(a, SITE_ALL >> (SITE_COUNT - s)),
                         s == 0                    ? SITE_RESID_PRE
                         : s > SITE_RESID_POST     ? SITE_RESID_POST
                         : before < SITE_RESID_PRE ? SITE_RESID_PRE
                                                   : (Site)before);
        before = s;
    }
    ck_assert_ptr_null(arch_op(a, SITE_NONE));
}
END_TEST

START_TEST(names_find_a_row) {
    ck_assert_ptr_eq(arch_find("llama", 5), &arch_llama);
    ck_assert_ptr_null(arch_find("llama", 4));
    ck_assert_ptr_eq(arch_find("gpt2", 4), &arch_gpt2);
    ck_assert_ptr_null(arch_find("gpt", 3));
    ck_assert_str_eq(arch_names(), "llama mistral qwen2 qwen3 gemma gpt2 bert");
    ck_assert_ptr_null(arch_find("", 0));
}
END_TEST

START_TEST(tensors_have_the_shapes_and_names_known) {
    static const struct {
        TensorRole role;
        int rows, cols, n;
        const char *gguf, *hf, *llama2c;
    } known[] = {
        {TENSOR_TOKEN_EMBED, 99, 12, 1, "token_embd.weight",
         "model.embed_tokens.weight", "token_embedding_table"},
        {TENSOR_ATTN_NORM, 1, 12, 3, "blk.2.attn_norm.weight",
         "model.layers.2.input_layernorm.weight", "rms_att_weight.2"},
        {TENSOR_WQ, 12, 12, 3, "blk.2.attn_q.weight",
         "model.layers.2.self_attn.q_proj.weight", "wq.2"},
        {TENSOR_WK, 6, 12, 3, "blk.2.attn_k.weight",
         "model.layers.2.self_attn.k_proj.weight", "wk.2"},
        {TENSOR_WV, 6, 12, 3, "blk.2.attn_v.weight",
         "model.layers.2.self_attn.v_proj.weight", "wv.2"},
        {TENSOR_WO, 12, 12, 3, "blk.2.attn_output.weight",
         "model.layers.2.self_attn.o_proj.weight", "wo.2"},
        {TENSOR_FFN_NORM, 1, 12, 3, "blk.2.ffn_norm.weight",
         "model.layers.2.post_attention_layernorm.weight", "rms_ffn_weight.2"},
        {TENSOR_W_GATE, 20, 12, 3, "blk.2.ffn_gate.weight",
         "model.layers.2.mlp.gate_proj.weight", "w1.2"},
        {TENSOR_W_UP, 20, 12, 3, "blk.2.ffn_up.weight",
         "model.layers.2.mlp.up_proj.weight", "w3.2"},
        {TENSOR_W_DOWN, 12, 20, 3, "blk.2.ffn_down.weight",
         "model.layers.2.mlp.down_proj.weight", "w2.2"},
        {TENSOR_FINAL_NORM, 1, 12, 1, "output_norm.weight", "model.norm.weight",
         "rms_final_weight"},
        {TENSOR_CLASSIFIER, 99, 12, 1, "output.weight", "lm_head.weight",
         "wcls"},
    };
    Config c = {.arch = &arch_llama,
                .dim = 12,
                .hidden_dim = 20,
                .n_layers = 3,
                .n_heads = 6,
                .n_kv_heads = 3,
                .head_dim = 2,
                .vocab_size = 99};
    ck_assert_int_eq(arch_llama.n_tensors, sizeof known / sizeof *known);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const TensorRole role = known[i].role;
        int rows, cols;
        char name[64];
        arch_shape(&c, role, &rows, &cols);
        ck_assert_int_eq(rows, known[i].rows);
        ck_assert_int_eq(cols, known[i].cols);
        ck_assert_int_eq(arch_copies(&c, role), known[i].n);
        arch_tensor_name(c.arch, ARCH_GGUF, role, 2, name, sizeof name);
        ck_assert_str_eq(name, known[i].gguf);
        arch_tensor_name(c.arch, ARCH_HF, role, 2, name, sizeof name);
        ck_assert_str_eq(name, known[i].hf);
        arch_tensor_name(c.arch, ARCH_LLAMA2C, role, 2, name, sizeof name);
        ck_assert_str_eq(name, known[i].llama2c);
        ck_assert_int_eq(arch_tensor(c.arch, role)->in[ARCH_HF].rows,
                         role == TENSOR_WQ || role == TENSOR_WK
                             ? TENSOR_HALF_SPLIT
                             : TENSOR_AS_IS);
    }
    c.tied = true;
    ck_assert_int_eq(arch_copies(&c, TENSOR_CLASSIFIER), 0);
    ck_assert_int_eq(arch_copies(&c, TENSOR_TOKEN_EMBED), 1);
    ck_assert_int_eq(arch_copies(&c, TENSOR_NONE), 0);
}
END_TEST

/* The order of a checksum, too. */
START_TEST(tensors_lie_layer_by_layer) {
    static const TensorRole in_layer[] = {
        TENSOR_ATTN_NORM, TENSOR_WQ,     TENSOR_WK,   TENSOR_WV,    TENSOR_WO,
        TENSOR_FFN_NORM,  TENSOR_W_GATE, TENSOR_W_UP, TENSOR_W_DOWN};
    const Config c = {.arch = &arch_llama, .n_layers = 3};
    ck_assert_uint_eq(arch_tensor_count(&c), 3 + 3 * 9);
    ck_assert_uint_eq(arch_tensor_index(&c, TENSOR_TOKEN_EMBED, 2), 0);
    for (int layer = 0; layer < 3; layer++)
        for (int k = 0; k < 9; k++)
            ck_assert_uint_eq(arch_tensor_index(&c, in_layer[k], layer),
                              1 + layer * 9 + k);
    ck_assert_uint_eq(arch_tensor_index(&c, TENSOR_FINAL_NORM, 0), 28);
    ck_assert_uint_eq(arch_tensor_index(&c, TENSOR_CLASSIFIER, 1), 29);
}
END_TEST

/* ---- a run --------------------------------------------------------------- */

typedef struct Heard {
    struct {
        Site site;
        int layer;
    } list[256];
    int n;
} Heard;

/* What is announced a position at a time counts when it comes first. */
static void hear(void *ud, const Tap *tap) {
    Heard *h = ud;
    for (int i = 0; i < h->n; i++)
        if (h->list[i].site == tap->site && h->list[i].layer == tap->layer)
            return;
    ck_assert_int_lt(h->n, 256);
    h->list[h->n].site = tap->site;
    h->list[h->n++].layer = tap->layer;
}

static void must_hear(const Heard *h, const Arch *a, int n_layers) {
    int at = 0;
    for (int part = ARCH_START; part <= ARCH_END; part++)
        for (int layer = 0; layer < (part == ARCH_LAYER ? n_layers : 1);
             layer++)
            for (int i = 0; i < a->n_ops; i++) {
                if ((int)a->ops[i].part != part) continue;
                ck_assert_int_lt(at, h->n);
                ck_assert_msg(h->list[at].site == a->ops[i].out &&
                                  h->list[at].layer == layer,
                              "place %d: heard %s of layer %d", at,
                              site_info(h->list[at].site)->name,
                              h->list[at].layer);
                at++;
            }
    ck_assert_int_eq(at, h->n);
}

START_TEST(a_run_announces_the_table) {
    static const int tokens[] = {1, 17, 33, 4, 250};
    for (int n = 1; n <= 5; n += 4) {
        Err err = {0};
        TinySpec spec = tiny_spec();
        TinyModel t;
        Heard heard = {.n = 0};
        spec.n_layers = 3;
        ck_assert(tiny_open(&t, &spec));
        const Arch *a = model_config(t.model)->arch;
        Session *s = session_open(t.model, &(SessionOptions){0}, &err);
        ck_assert_msg(s != NULL, "%s", err.msg);
        session_set_hook(
            s, (SiteHook){.mask = arch_sites(a), .fn = hear, .ud = &heard});
        ck_assert(session_feed(s, tokens, n, &err));
        must_hear(&heard, a, spec.n_layers);
        session_close(s);
        tiny_close(&t);
    }
}
END_TEST

/* ---- GPT-2 --- */

START_TEST(gpt2_is_consistent) {
    const Config c = {
        .arch = &arch_gpt2, .dim = 12, .n_layers = 3, .seq_len_max = 64};
    char name[64];
    int rows, cols;
    const char *wrong = inconsistency(&arch_gpt2);
    ck_assert_msg(!wrong, "%s", wrong);
    ck_assert_uint_eq(arch_cache_path(&arch_gpt2),
                      SITE_BIT(SITE_K) | SITE_BIT(SITE_V));
    ck_assert_uint_eq(arch_sites(&arch_gpt2),
                      SITE_ALL & ~(of_others | SITE_BIT(SITE_ROT_Q) |
                                   SITE_BIT(SITE_ROT_K) |
                                   SITE_BIT(SITE_MLP_PRE_LINEAR)));
    ck_assert_int_eq(arch_stage_end(&arch_gpt2, SITE_MLP_POST), SITE_MLP_OUT);
    ck_assert_int_eq(arch_copies(&c, TENSOR_W_GATE), 0);
    arch_shape(&c, TENSOR_POS_EMBED, &rows, &cols);
    ck_assert(rows == 64 && cols == 12);
    ck_assert_uint_eq(arch_tensor_count(&c), 4 + 3 * 8);
    ck_assert_uint_eq(arch_tensor_index(&c, TENSOR_ATTN_NORM, 1), 2 + 8);
    arch_tensor_name(&arch_gpt2, ARCH_HF, TENSOR_W_UP, 7, name, sizeof name);
    ck_assert_str_eq(name, "h.7.mlp.c_fc.weight");
}
END_TEST

/* ---- BERT ---- */

/* With its head and without: the layers are the same. */
START_TEST(bert_is_consistent) {
    static const Arch *const both[] = {&arch_bert, &arch_bert_encoder};
    const SiteMask stream = SITE_BIT(SITE_FULL_EMBED) |
                            SITE_BIT(SITE_RESID_PRE) |
                            SITE_BIT(SITE_RESID_NORMED);
    for (int i = 0; i < 2; i++) {
        const Arch *a = both[i];
        const char *wrong = inconsistency(a);
        ck_assert_msg(!wrong, "%s: %s", a->title, wrong);
        ck_assert_int_eq(layer_end(a), SITE_RESID_NORMED);
        ck_assert_uint_eq(arch_stream_sites(a), stream);
        ck_assert(arch_is_stream(a, SITE_LN1_OUT));
        ck_assert(!arch_is_stream(a, SITE_RESID_MID)); /* not normed yet */
        ck_assert_int_eq(arch_stage_end(a, SITE_RESID_MID), SITE_LN1_OUT);
        ck_assert_int_eq(arch_stage_end(a, SITE_RESID_POST), SITE_RESID_NORMED);
        ck_assert_int_eq(arch_predicts(a), i == 0);
        ck_assert_int_eq(arch_ahead(a), 0);
    }
    ck_assert_int_eq(arch_stage_end(&arch_bert, SITE_HEAD_POST), SITE_LOGITS);
    ck_assert_uint_eq(arch_part_sites(&arch_bert_encoder, ARCH_END), 0);
    ck_assert_int_eq(arch_ahead(&arch_llama), 1);
}
END_TEST

/* A tied classifier with a bias of its own is a tensor, but for its data. */
START_TEST(a_bias_of_its_own_is_a_tensor) {
    Config c = {.arch = &arch_bert, .n_layers = 3, .tied = true};
    ck_assert_int_eq(arch_copies(&c, TENSOR_CLASSIFIER), 1);
    ck_assert_int_eq(arch_tensor_shared(&c, TENSOR_CLASSIFIER),
                     TENSOR_TOKEN_EMBED);
    ck_assert_int_eq(arch_tensor_shared(&c, TENSOR_TOKEN_EMBED), TENSOR_NONE);
    c.tied = false;
    ck_assert_int_eq(arch_tensor_shared(&c, TENSOR_CLASSIFIER), TENSOR_NONE);
    c.arch = &arch_gpt2;
    c.tied = true;
    ck_assert_int_eq(arch_tensor_shared(&c, TENSOR_CLASSIFIER), TENSOR_NONE);
}
END_TEST

TEST_MAIN("arch", llama_and_its_kin_are_consistent, damaged_rows_are_found,
          masks_are_those_known, names_find_a_row,
          tensors_have_the_shapes_and_names_known, tensors_lie_layer_by_layer,
          a_run_announces_the_table, gpt2_is_consistent, bert_is_consistent,
          a_bias_of_its_own_is_a_tensor)
