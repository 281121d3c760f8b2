/* BERT, in the order of the computation:
 *
 *     x = norm(embedding of the token + of the position + of the segment)
 *     x = norm(x + W_O attention(x) + b_O)
 *     x = norm(x + W_down gelu(W_up x + b_up) + b_down)
 *
 * the last two in every layer: a block reads what is normed, and its sum is
 * normed.  Each position attends to all of the text.  A head for masked words
 * follows where the file has one: gelu(W x + b), a norm, and the classifier,
 * which is the embedding with a bias of its own.
 * Source: Devlin et al. 2018 (BERT), arXiv:1810.04805, and its code; layer
 * normalization: Ba et al. 2016, arXiv:1607.06450. */
#include "engine/spec/arch_private.h"

/* clang-format off */
#define BEGINNING                                                              \
    {OP_LOOKUP, START, SITE_EMBED, {SITE_NONE, SITE_NONE},                     \
     TENSOR_TOKEN_EMBED, EDIT_NONE, false},                                    \
    {OP_POSITION, START, SITE_POS_EMBED, {SITE_NONE, SITE_NONE},               \
     TENSOR_POS_EMBED, EDIT_NONE, false},                                      \
    {OP_ADD, START, SITE_POS_SUM, {SITE_EMBED, SITE_POS_EMBED}, PLAIN},        \
    {OP_SEGMENT, START, SITE_SEGMENT_EMBED, {SITE_NONE, SITE_NONE},            \
     TENSOR_SEGMENT_EMBED, EDIT_NONE, false},                                  \
    {OP_ADD, START, SITE_EMBED_SUM, {SITE_POS_SUM, SITE_SEGMENT_EMBED},        \
     PLAIN},                                                                   \
    LAYER_NORM(START, SITE_EMBED_LN_MEAN, SITE_EMBED_LN_SCALE,                 \
               SITE_EMBED_LN_NORMALIZED, SITE_FULL_EMBED, SITE_EMBED_SUM,      \
               TENSOR_EMBED_NORM, false),                                      \
                                                                               \
    {OP_ENTER, LAYER, SITE_RESID_PRE, {SITE_FULL_EMBED, SITE_RESID_NORMED},    \
     PLAIN},                                                                   \
    LINEAR(LAYER, SITE_Q, SITE_RESID_PRE, TENSOR_WQ, EDIT_NONE, false),        \
    LINEAR(LAYER, SITE_K, SITE_RESID_PRE, TENSOR_WK, EDIT_NONE, false),        \
    LINEAR(LAYER, SITE_V, SITE_RESID_PRE, TENSOR_WV, EDIT_NONE, false),        \
    {OP_SCORES, LAYER, SITE_ATTN_SCORES, {SITE_Q, SITE_K}, PLAIN},             \
    {OP_SOFTMAX, LAYER, SITE_PATTERN, {SITE_ATTN_SCORES, SITE_NONE},           \
     TENSOR_NONE, EDIT_NONE, true},                                            \
    {OP_MIX, LAYER, SITE_Z, {SITE_PATTERN, SITE_V},                            \
     TENSOR_NONE, EDIT_HEAD, false},                                           \
    LINEAR(LAYER, SITE_ATTN_OUT, SITE_Z, TENSOR_WO, EDIT_ATTN, false),         \
    {OP_ADD, LAYER, SITE_RESID_MID, {SITE_RESID_PRE, SITE_ATTN_OUT}, PLAIN},   \
    LAYER_NORM(LAYER, SITE_LN1_MEAN, SITE_LN1_SCALE, SITE_LN1_NORMALIZED,      \
               SITE_LN1_OUT, SITE_RESID_MID, TENSOR_ATTN_NORM, true),          \
    LINEAR(LAYER, SITE_MLP_PRE, SITE_LN1_OUT, TENSOR_W_UP, EDIT_NONE, false),  \
    {OP_ACTIVATE, LAYER, SITE_MLP_POST, {SITE_MLP_PRE, SITE_NONE},             \
     TENSOR_NONE, EDIT_NEURON, false},                                         \
    LINEAR(LAYER, SITE_MLP_OUT, SITE_MLP_POST, TENSOR_W_DOWN, EDIT_MLP, true), \
    {OP_ADD, LAYER, SITE_RESID_POST, {SITE_LN1_OUT, SITE_MLP_OUT}, PLAIN},     \
    LAYER_NORM(LAYER, SITE_LN2_MEAN, SITE_LN2_SCALE, SITE_LN2_NORMALIZED,      \
               SITE_RESID_NORMED, SITE_RESID_POST, TENSOR_FFN_NORM, true)

static const ArchOp ops[] = {
    BEGINNING,
    LINEAR(END, SITE_HEAD_PRE, SITE_RESID_NORMED, TENSOR_HEAD, EDIT_NONE,
           false),
    {OP_ACTIVATE, END, SITE_HEAD_POST, {SITE_HEAD_PRE, SITE_NONE}, PLAIN},
    LAYER_NORM(END, SITE_LN_FINAL_MEAN, SITE_LN_FINAL_SCALE,
               SITE_LN_FINAL_NORMALIZED, SITE_LN_FINAL_OUT, SITE_HEAD_POST,
               TENSOR_FINAL_NORM, false),
    LINEAR(END, SITE_LOGITS, SITE_LN_FINAL_OUT, TENSOR_CLASSIFIER, EDIT_NONE,
           true),
};

static const ArchOp encoder_ops[] = {BEGINNING};

/* llama2.c has no such models.  GGUF's names are llama.cpp's.  It leaves the
 * head away from BERT's files, and makes none with it: the head's names here
 * are those that it has for ModernBERT's, which is alike. */
#define NAMES(GGUF, HF)                                                        \
    { {GGUF, TENSOR_AS_IS, 0, 0}, {HF, TENSOR_AS_IS, 0, 0}, {0} }

#define FIRST_TENSORS                                                          \
    {TENSOR_TOKEN_EMBED, ARCH_V, ARCH_D, false, false, TENSOR_NONE,            \
     NAMES("token_embd", "embeddings.word_embeddings")},                       \
    {TENSOR_POS_EMBED, ARCH_S, ARCH_D, false, false, TENSOR_NONE,              \
     NAMES("position_embd", "embeddings.position_embeddings")},                \
    {TENSOR_SEGMENT_EMBED, ARCH_SEGMENTS, ARCH_D, false, false, TENSOR_NONE,   \
     NAMES("token_types", "embeddings.token_type_embeddings")},                \
    {TENSOR_EMBED_NORM, ARCH_ONE, ARCH_D, false, true, TENSOR_NONE,            \
     NAMES("token_embd_norm", "embeddings.LayerNorm")},                        \
                                                                               \
    {TENSOR_WQ, ARCH_HK, ARCH_D, true, true, TENSOR_NONE,                      \
     NAMES("attn_q", "attention.self.query")},                                 \
    {TENSOR_WK, ARCH_GK, ARCH_D, true, true, TENSOR_NONE,                      \
     NAMES("attn_k", "attention.self.key")},                                   \
    {TENSOR_WV, ARCH_GK, ARCH_D, true, true, TENSOR_NONE,                      \
     NAMES("attn_v", "attention.self.value")},                                 \
    {TENSOR_WO, ARCH_D, ARCH_HK, true, true, TENSOR_NONE,                      \
     NAMES("attn_output", "attention.output.dense")},                          \
    {TENSOR_ATTN_NORM, ARCH_ONE, ARCH_D, true, true, TENSOR_NONE,              \
     NAMES("attn_output_norm", "attention.output.LayerNorm")},                 \
    {TENSOR_W_UP, ARCH_F, ARCH_D, true, true, TENSOR_NONE,                     \
     NAMES("ffn_up", "intermediate.dense")},                                   \
    {TENSOR_W_DOWN, ARCH_D, ARCH_F, true, true, TENSOR_NONE,                   \
     NAMES("ffn_down", "output.dense")},                                       \
    {TENSOR_FFN_NORM, ARCH_ONE, ARCH_D, true, true, TENSOR_NONE,               \
     NAMES("layer_output_norm", "output.LayerNorm")}

static const ArchTensor tensors[] = {
    FIRST_TENSORS,
    {TENSOR_HEAD, ARCH_D, ARCH_D, false, true, TENSOR_NONE,
     NAMES("cls", "cls.predictions.transform.dense")},
    {TENSOR_FINAL_NORM, ARCH_ONE, ARCH_D, false, true, TENSOR_NONE,
     NAMES("cls.norm", "cls.predictions.transform.LayerNorm")},
    {TENSOR_CLASSIFIER, ARCH_V, ARCH_D, false, true, TENSOR_TOKEN_EMBED,
     NAMES("output", "cls.predictions.decoder")},
};

static const ArchTensor encoder_tensors[] = {FIRST_TENSORS};
/* clang-format on */

/* Numbers of the positions that its code keeps; what reads the first token's
 * vector alone: the pooler, and whether a sentence follows another; and the
 * classifier's bias, which may be there under both of its names. */
static const char *const buffers[] = {".position_ids",
                                      "pooler.dense.weight",
                                      "pooler.dense.bias",
                                      "cls.seq_relationship.weight",
                                      "cls.seq_relationship.bias",
                                      "cls.predictions.bias",
                                      "cls.predictions.decoder.bias",
                                      NULL};

#define LENGTH(LIST) (sizeof(LIST) / sizeof *(LIST))
#define ROW(OPS, TENSORS)                                                      \
    .name = "bert", .ops = (OPS), .n_ops = LENGTH(OPS), .tensors = (TENSORS),  \
    .n_tensors = LENGTH(TENSORS), .hf_prefix = "bert.",                        \
    .hf_layers = "encoder.layer.", .hf_output_bias = "cls.predictions.bias",   \
    .hf_buffers = buffers, .activation = ACTIVATION_GELU,                      \
    .learned_positions = true, .norm_after = true, .cached_key = SITE_K,       \
    .cached_value = SITE_V

const Arch arch_bert = {ROW(ops, tensors), .title = "BERT",
                        .headless = &arch_bert_encoder};
const Arch arch_bert_encoder = {ROW(encoder_ops, encoder_tensors),
                                .title = "BERT without a head"};
