/* LLaMA 1 to 3 and its kin, in the order of the computation:
 *
 *     x += W_O attention(norm(x))
 *     x += W_down (silu(W_gate norm(x)) * W_up norm(x))
 *
 * in every layer, then a norm and the classifier.  Mistral is the same, and
 * llama.cpp writes it as llama; Qwen 2 has biases on queries, keys and values;
 * Qwen 3 has none and norms queries and keys, head by head, before they are
 * turned.  Gemma begins with its embedding times sqrt(D) and has GELU in SiLU's
 * place.
 * Source: Touvron et al. 2023 (Llama 2), arXiv:2307.09288; Jiang et al. 2023
 * (Mistral 7B), arXiv:2310.06825; Yang et al. 2024 and 2025 (Qwen 2 and 3),
 * arXiv:2407.10671 and arXiv:2505.09388; Gemma Team 2024, arXiv:2403.08295. */
#include "engine/spec/arch_private.h"

/* The three sites of a norm. */
#define NORM(PART, SCALE, NORMED, OUT, INPUT, WEIGHT)                          \
    {OP_SCALE, PART, SCALE, {INPUT, SITE_NONE}, PLAIN},                        \
        {OP_NORMALIZE, PART, NORMED, {INPUT, SCALE}, PLAIN}, {                 \
        OP_GAIN, PART, OUT, {NORMED, SITE_NONE}, WEIGHT, EDIT_NONE, false      \
    }

/* clang-format off */
#define EMBEDDING                                                              \
    {OP_LOOKUP, START, SITE_EMBED, {SITE_NONE, SITE_NONE},                     \
     TENSOR_TOKEN_EMBED, EDIT_NONE, false}

/* Up to queries, keys and values. */
#define BEGINNING(ENTERING)                                                    \
    {OP_ENTER, LAYER, SITE_RESID_PRE, {ENTERING, SITE_RESID_POST}, PLAIN},     \
    NORM(LAYER, SITE_LN1_SCALE, SITE_LN1_NORMALIZED, SITE_LN1_OUT,             \
         SITE_RESID_PRE, TENSOR_ATTN_NORM),                                    \
    LINEAR(LAYER, SITE_Q, SITE_LN1_OUT, TENSOR_WQ, EDIT_NONE, false),          \
    LINEAR(LAYER, SITE_K, SITE_LN1_OUT, TENSOR_WK, EDIT_NONE, false),          \
    LINEAR(LAYER, SITE_V, SITE_LN1_OUT, TENSOR_WV, EDIT_NONE, false)

/* From queries and keys on. */
#define REST(Q, K)                                                             \
    {OP_ROTATE, LAYER, SITE_ROT_Q, {Q, SITE_NONE}, PLAIN},                     \
    {OP_ROTATE, LAYER, SITE_ROT_K, {K, SITE_NONE}, PLAIN},                     \
    {OP_SCORES, LAYER, SITE_ATTN_SCORES, {SITE_ROT_Q, SITE_ROT_K}, PLAIN},     \
    {OP_SOFTMAX, LAYER, SITE_PATTERN, {SITE_ATTN_SCORES, SITE_NONE},           \
     TENSOR_NONE, EDIT_NONE, true},                                            \
    {OP_MIX, LAYER, SITE_Z, {SITE_PATTERN, SITE_V},                            \
     TENSOR_NONE, EDIT_HEAD, false},                                           \
    LINEAR(LAYER, SITE_ATTN_OUT, SITE_Z, TENSOR_WO, EDIT_ATTN, false),         \
    {OP_ADD, LAYER, SITE_RESID_MID, {SITE_RESID_PRE, SITE_ATTN_OUT},           \
     TENSOR_NONE, EDIT_NONE, true},                                            \
    NORM(LAYER, SITE_LN2_SCALE, SITE_LN2_NORMALIZED, SITE_LN2_OUT,             \
         SITE_RESID_MID, TENSOR_FFN_NORM),                                     \
    LINEAR(LAYER, SITE_MLP_PRE, SITE_LN2_OUT, TENSOR_W_GATE, EDIT_NONE,        \
           false),                                                             \
    LINEAR(LAYER, SITE_MLP_PRE_LINEAR, SITE_LN2_OUT, TENSOR_W_UP, EDIT_NONE,   \
           false),                                                             \
    {OP_GATE, LAYER, SITE_MLP_POST, {SITE_MLP_PRE, SITE_MLP_PRE_LINEAR},       \
     TENSOR_NONE, EDIT_NEURON, false},                                         \
    LINEAR(LAYER, SITE_MLP_OUT, SITE_MLP_POST, TENSOR_W_DOWN, EDIT_MLP, true), \
    {OP_ADD, LAYER, SITE_RESID_POST, {SITE_RESID_MID, SITE_MLP_OUT}, PLAIN},   \
    NORM(END, SITE_LN_FINAL_SCALE, SITE_LN_FINAL_NORMALIZED,                   \
         SITE_LN_FINAL_OUT, SITE_RESID_POST, TENSOR_FINAL_NORM),               \
    LINEAR(END, SITE_LOGITS, SITE_LN_FINAL_OUT, TENSOR_CLASSIFIER, EDIT_NONE,  \
           true)

static const ArchOp ops[] = {EMBEDDING, BEGINNING(SITE_EMBED),
                             REST(SITE_Q, SITE_K)};

static const ArchOp qwen3_ops[] = {
    EMBEDDING,
    BEGINNING(SITE_EMBED),
    NORM(LAYER, SITE_Q_NORM_SCALE, SITE_Q_NORM_NORMALIZED, SITE_Q_NORM_OUT,
         SITE_Q, TENSOR_Q_NORM),
    NORM(LAYER, SITE_K_NORM_SCALE, SITE_K_NORM_NORMALIZED, SITE_K_NORM_OUT,
         SITE_K, TENSOR_K_NORM),
    REST(SITE_Q_NORM_OUT, SITE_K_NORM_OUT),
};

static const ArchOp gemma_ops[] = {
    EMBEDDING,
    {OP_STRETCH, START, SITE_SCALED_EMBED, {SITE_EMBED, SITE_NONE}, PLAIN},
    BEGINNING(SITE_SCALED_EMBED),
    REST(SITE_Q, SITE_K),
};

#define ONCE  false, false, TENSOR_NONE
#define EVERY true, false, TENSOR_NONE
#define NAMES(GGUF, HF, LLAMA2C)                                               \
    { {GGUF, TENSOR_AS_IS, 0, 0}, {HF, TENSOR_AS_IS, 0, 0},                    \
      {LLAMA2C, TENSOR_AS_IS, 0, 0} }
/* Transformers turns the halves of a head, the others neighbouring pairs. */
#define NAMES_TURNED(GGUF, HF, LLAMA2C)                                        \
    { {GGUF, TENSOR_AS_IS, 0, 0}, {HF, TENSOR_HALF_SPLIT, 0, 0},               \
      {LLAMA2C, TENSOR_AS_IS, 0, 0} }

/* Qwen's files for llama.cpp keep the halves, too. */
#define NAMES_HALVES(GGUF, HF)                                                 \
    { {GGUF, TENSOR_HALF_SPLIT, 0, 0}, {HF, TENSOR_HALF_SPLIT, 0, 0}, {0} }

/* Gemma's gains are 1 + what Transformers stores, and llama.cpp the sum. */
#define NAMES_LESS_ONE(GGUF, HF, LLAMA2C)                                      \
    { {GGUF, TENSOR_AS_IS, 0, 0}, {HF, TENSOR_LESS_ONE, 0, 0}, {0} }

#define FIRST_TENSORS(NORM_NAMES)                                              \
    {TENSOR_TOKEN_EMBED, ARCH_V, ARCH_D, ONCE,                                 \
     NAMES("token_embd", "model.embed_tokens", "token_embedding_table")},      \
    {TENSOR_ATTN_NORM, ARCH_ONE, ARCH_D, EVERY,                                \
     NORM_NAMES("attn_norm", "input_layernorm", "rms_att_weight")}

#define LAST_TENSORS(NORM_NAMES)                                               \
    {TENSOR_WO, ARCH_D, ARCH_HK, EVERY,                                        \
     NAMES("attn_output", "self_attn.o_proj", "wo")},                          \
    {TENSOR_FFN_NORM, ARCH_ONE, ARCH_D, EVERY,                                 \
     NORM_NAMES("ffn_norm", "post_attention_layernorm", "rms_ffn_weight")},    \
    {TENSOR_W_GATE, ARCH_F, ARCH_D, EVERY,                                     \
     NAMES("ffn_gate", "mlp.gate_proj", "w1")},                                \
    {TENSOR_W_UP, ARCH_F, ARCH_D, EVERY,                                       \
     NAMES("ffn_up", "mlp.up_proj", "w3")},                                    \
    {TENSOR_W_DOWN, ARCH_D, ARCH_F, EVERY,                                     \
     NAMES("ffn_down", "mlp.down_proj", "w2")},                                \
    {TENSOR_FINAL_NORM, ARCH_ONE, ARCH_D, ONCE,                                \
     NORM_NAMES("output_norm", "model.norm", "rms_final_weight")},             \
    {TENSOR_CLASSIFIER, ARCH_V, ARCH_D, false, false, TENSOR_TOKEN_EMBED,      \
     NAMES("output", "lm_head", "wcls")}

static const ArchTensor tensors[] = {
    FIRST_TENSORS(NAMES),
    {TENSOR_WQ, ARCH_HK, ARCH_D, EVERY,
     NAMES_TURNED("attn_q", "self_attn.q_proj", "wq")},
    {TENSOR_WK, ARCH_GK, ARCH_D, EVERY,
     NAMES_TURNED("attn_k", "self_attn.k_proj", "wk")},
    {TENSOR_WV, ARCH_GK, ARCH_D, EVERY,
     NAMES("attn_v", "self_attn.v_proj", "wv")},
    LAST_TENSORS(NAMES),
};

static const ArchTensor qwen2_tensors[] = {
    FIRST_TENSORS(NAMES),
    {TENSOR_WQ, ARCH_HK, ARCH_D, true, true, TENSOR_NONE,
     NAMES_HALVES("attn_q", "self_attn.q_proj")},
    {TENSOR_WK, ARCH_GK, ARCH_D, true, true, TENSOR_NONE,
     NAMES_HALVES("attn_k", "self_attn.k_proj")},
    {TENSOR_WV, ARCH_GK, ARCH_D, true, true, TENSOR_NONE,
     NAMES("attn_v", "self_attn.v_proj", "wv")},
    LAST_TENSORS(NAMES),
};

#define HALVES_TENSORS                                                         \
    {TENSOR_WQ, ARCH_HK, ARCH_D, EVERY,                                        \
     NAMES_HALVES("attn_q", "self_attn.q_proj")},                              \
    {TENSOR_WK, ARCH_GK, ARCH_D, EVERY,                                        \
     NAMES_HALVES("attn_k", "self_attn.k_proj")},                              \
    {TENSOR_WV, ARCH_GK, ARCH_D, EVERY,                                        \
     NAMES("attn_v", "self_attn.v_proj", "wv")}

static const ArchTensor qwen3_tensors[] = {
    FIRST_TENSORS(NAMES),
    HALVES_TENSORS,
    {TENSOR_Q_NORM, ARCH_ONE, ARCH_K, EVERY,
     NAMES_HALVES("attn_q_norm", "self_attn.q_norm")},
    {TENSOR_K_NORM, ARCH_ONE, ARCH_K, EVERY,
     NAMES_HALVES("attn_k_norm", "self_attn.k_norm")},
    LAST_TENSORS(NAMES),
};

static const ArchTensor gemma_tensors[] = {
    FIRST_TENSORS(NAMES_LESS_ONE),
    HALVES_TENSORS,
    LAST_TENSORS(NAMES_LESS_ONE),
};
/* clang-format on */

#define LENGTH(LIST) (sizeof(LIST) / sizeof *(LIST))
#define ROW(NAME, TITLE, OPS, TENSORS, ACTIVATION)                             \
    .name = (NAME), .title = (TITLE), .ops = (OPS), .n_ops = LENGTH(OPS),      \
    .tensors = (TENSORS), .n_tensors = LENGTH(TENSORS),                        \
    .hf_layers = "model.layers.", .activation = (ACTIVATION), .rotates = true, \
    .causal = true, .cached_key = SITE_ROT_K, .cached_value = SITE_V

const Arch arch_llama = {ROW("llama", "LLaMA", ops, tensors, ACTIVATION_SILU)};
const Arch arch_mistral = {
    ROW("mistral", "Mistral", ops, tensors, ACTIVATION_SILU),
    .own_head_dim = true, .hf_only = true};
const Arch arch_qwen2 = {
    ROW("qwen2", "Qwen 2", ops, qwen2_tensors, ACTIVATION_SILU)};
const Arch arch_qwen3 = {
    ROW("qwen3", "Qwen 3", qwen3_ops, qwen3_tensors, ACTIVATION_SILU),
    .own_head_dim = true};
const Arch arch_gemma = {
    ROW("gemma", "Gemma", gemma_ops, gemma_tensors, ACTIVATION_GELU_TANH),
    .own_head_dim = true};
