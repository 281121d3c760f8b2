/* GPT-2, in the order of the computation:
 *
 *     x = embedding of the token + embedding of the position
 *     x += W_O attention(norm(x)) + b_O
 *     x += W_down gelu(W_up norm(x) + b_up) + b_down
 *
 * in every layer, then a norm and the classifier.  A norm takes the mean off,
 * and all matrices and norms have biases.
 * Source: Radford et al. 2019 (GPT-2) and its code; layer normalization: Ba et
 * al. 2016, arXiv:1607.06450. */
#include "engine/spec/arch_private.h"

/* clang-format off */
static const ArchOp ops[] = {
    {OP_LOOKUP, START, SITE_EMBED, {SITE_NONE, SITE_NONE},
     TENSOR_TOKEN_EMBED, EDIT_NONE, false},
    {OP_POSITION, START, SITE_POS_EMBED, {SITE_NONE, SITE_NONE},
     TENSOR_POS_EMBED, EDIT_NONE, false},
    {OP_ADD, START, SITE_FULL_EMBED, {SITE_EMBED, SITE_POS_EMBED}, PLAIN},

    {OP_ENTER, LAYER, SITE_RESID_PRE, {SITE_FULL_EMBED, SITE_RESID_POST},
     PLAIN},
    LAYER_NORM(LAYER, SITE_LN1_MEAN, SITE_LN1_SCALE, SITE_LN1_NORMALIZED,
               SITE_LN1_OUT, SITE_RESID_PRE, TENSOR_ATTN_NORM, false),
    LINEAR(LAYER, SITE_Q, SITE_LN1_OUT, TENSOR_WQ, EDIT_NONE, false),
    LINEAR(LAYER, SITE_K, SITE_LN1_OUT, TENSOR_WK, EDIT_NONE, false),
    LINEAR(LAYER, SITE_V, SITE_LN1_OUT, TENSOR_WV, EDIT_NONE, false),
    {OP_SCORES, LAYER, SITE_ATTN_SCORES, {SITE_Q, SITE_K}, PLAIN},
    {OP_SOFTMAX, LAYER, SITE_PATTERN, {SITE_ATTN_SCORES, SITE_NONE},
     TENSOR_NONE, EDIT_NONE, true},
    {OP_MIX, LAYER, SITE_Z, {SITE_PATTERN, SITE_V},
     TENSOR_NONE, EDIT_HEAD, false},
    LINEAR(LAYER, SITE_ATTN_OUT, SITE_Z, TENSOR_WO, EDIT_ATTN, false),
    {OP_ADD, LAYER, SITE_RESID_MID, {SITE_RESID_PRE, SITE_ATTN_OUT},
     TENSOR_NONE, EDIT_NONE, true},
    LAYER_NORM(LAYER, SITE_LN2_MEAN, SITE_LN2_SCALE, SITE_LN2_NORMALIZED,
               SITE_LN2_OUT, SITE_RESID_MID, TENSOR_FFN_NORM, false),
    LINEAR(LAYER, SITE_MLP_PRE, SITE_LN2_OUT, TENSOR_W_UP, EDIT_NONE, false),
    {OP_ACTIVATE, LAYER, SITE_MLP_POST, {SITE_MLP_PRE, SITE_NONE},
     TENSOR_NONE, EDIT_NEURON, false},
    LINEAR(LAYER, SITE_MLP_OUT, SITE_MLP_POST, TENSOR_W_DOWN, EDIT_MLP, true),
    {OP_ADD, LAYER, SITE_RESID_POST, {SITE_RESID_MID, SITE_MLP_OUT}, PLAIN},

    LAYER_NORM(END, SITE_LN_FINAL_MEAN, SITE_LN_FINAL_SCALE,
               SITE_LN_FINAL_NORMALIZED, SITE_LN_FINAL_OUT, SITE_RESID_POST,
               TENSOR_FINAL_NORM, false),
    LINEAR(END, SITE_LOGITS, SITE_LN_FINAL_OUT, TENSOR_CLASSIFIER, EDIT_NONE,
           true),
};

/* Transformers' Conv1D has its matrices the other way round; llama2.c has no
 * such models. */
#define NAMES(GGUF, HF) \
    { {GGUF, TENSOR_AS_IS, 0, 0}, {HF, TENSOR_AS_IS, 0, 0}, {0} }
#define NAMES_TURNED(GGUF, HF) \
    { {GGUF, TENSOR_AS_IS, 0, 0}, {HF, TENSOR_TRANSPOSED, 0, 0}, {0} }
/* Queries, keys and values are one matrix. */
#define THIRD(I) \
    { {"attn_qkv", TENSOR_AS_IS, I, 3}, \
      {"attn.c_attn", TENSOR_TRANSPOSED, I, 3}, {0} }

static const ArchTensor tensors[] = {
    {TENSOR_TOKEN_EMBED, ARCH_V, ARCH_D, false, false, TENSOR_NONE,
     NAMES("token_embd", "wte")},
    {TENSOR_POS_EMBED, ARCH_S, ARCH_D, false, false, TENSOR_NONE,
     NAMES("position_embd", "wpe")},

    {TENSOR_ATTN_NORM, ARCH_ONE, ARCH_D, true, true, TENSOR_NONE,
     NAMES("attn_norm", "ln_1")},
    {TENSOR_WQ, ARCH_HK, ARCH_D, true, true, TENSOR_NONE, THIRD(0)},
    {TENSOR_WK, ARCH_GK, ARCH_D, true, true, TENSOR_NONE, THIRD(1)},
    {TENSOR_WV, ARCH_GK, ARCH_D, true, true, TENSOR_NONE, THIRD(2)},
    {TENSOR_WO, ARCH_D, ARCH_HK, true, true, TENSOR_NONE,
     NAMES_TURNED("attn_output", "attn.c_proj")},
    {TENSOR_FFN_NORM, ARCH_ONE, ARCH_D, true, true, TENSOR_NONE,
     NAMES("ffn_norm", "ln_2")},
    {TENSOR_W_UP, ARCH_F, ARCH_D, true, true, TENSOR_NONE,
     NAMES_TURNED("ffn_up", "mlp.c_fc")},
    {TENSOR_W_DOWN, ARCH_D, ARCH_F, true, true, TENSOR_NONE,
     NAMES_TURNED("ffn_down", "mlp.c_proj")},

    {TENSOR_FINAL_NORM, ARCH_ONE, ARCH_D, false, true, TENSOR_NONE,
     NAMES("output_norm", "ln_f")},
    {TENSOR_CLASSIFIER, ARCH_V, ARCH_D, false, false, TENSOR_TOKEN_EMBED,
     NAMES("output", "lm_head")},
};
/* clang-format on */

/* The mask of the attention, which its code keeps with the weights. */
static const char *const buffers[] = {".attn.bias", ".attn.masked_bias", NULL};

const Arch arch_gpt2 = {
    .name = "gpt2",
    .title = "GPT-2",
    .ops = ops,
    .n_ops = sizeof ops / sizeof *ops,
    .tensors = tensors,
    .n_tensors = sizeof tensors / sizeof *tensors,
    .hf_prefix = "transformer.",
    .hf_layers = "h.",
    .hf_buffers = buffers,
    .activation = ACTIVATION_GELU_TANH,
    .learned_positions = true,
    .causal = true,
    .cached_key = SITE_K,
    .cached_value = SITE_V,
};
