/* Arch: what a model computes, once, as data.
 *
 *     const Arch *a = config->arch;              // &arch_llama
 *     for (int i = 0; i < a->n_ops; i++)         // in order of the computation
 *         if (a->ops[i].part == ARCH_LAYER) ... a->ops[i].out ...
 *     if (arch_up_to(a, last) & SITE_BIT(site))  // is it computed by then?
 *
 * One architecture is one row: a file arch_NAME.c with a table of operations
 * and one of tensors.  Files, running, the trace, explanations and views read
 * them; what an operation does stays hand-written where it is done, and a test
 * holds that a run announces its sites as the table says.  So the numbers of
 * Site and TensorRole mean nothing: both are the union of all names.
 *
 * Does NOT compute anything and holds no sizes: see config.h.
 */
#ifndef ENGINE_SPEC_ARCH_H
#define ENGINE_SPEC_ARCH_H

#include "engine/spec/edits.h"
#include "engine/spec/site.h"
#include "engine/spec/tensor.h"

/* ---- operations ---------------------------------------------------------- */

typedef enum OpKind {
    OP_LOOKUP,    /* the token's row of the weight                            */
    OP_POSITION,  /* the position's row of the weight                         */
    OP_SEGMENT,   /* the row of the weight for the segment of the text        */
    OP_STRETCH,   /* in[0] times the root of D                                */
    OP_ENTER,     /* what enters a layer: in[0], or after the first layer what
                     in[1] was in the layer before                            */
    OP_MEAN,      /* of a norm: the mean of in[0]                             */
    OP_SCALE,     /* of a norm: the size of in[0], less the mean in[1] where
                     there is one                                             */
    OP_NORMALIZE, /* in[0], less that mean, / in[1]                           */
    OP_GAIN,      /* in[0] times the weight, element by element (+ bias)      */
    OP_LINEAR,    /* the weight, a matrix, times in[0] (+ bias)               */
    OP_ROTATE,    /* in[0] turned by its position                             */
    OP_SCORES,    /* in[0] with in[1] of every key                            */
    OP_SOFTMAX,   /* of in[0], over the keys                                  */
    OP_MIX,       /* in[1] of every key, in[0] of each                        */
    OP_GATE,      /* activation(in[0]) * in[1]                                */
    OP_ACTIVATE,  /* activation(in[0])                                        */
    OP_ADD,       /* in[0] + in[1]                                            */
    OP_KINDS
} OpKind;

typedef enum ArchPart {
    ARCH_START, /* before the first layer, once a position */
    ARCH_LAYER, /* in every layer */
    ARCH_END,   /* after the last layer, once a position */
} ArchPart;

#define SITE_NONE   SITE_COUNT   /* no operand */
#define TENSOR_NONE TENSOR_ROLES /* no weight */

typedef struct ArchOp {
    OpKind kind;
    ArchPart part;
    Site out;          /* what it makes ... */
    Site in[2];        /* ... and from what; SITE_NONE */
    TensorRole weight; /* TENSOR_NONE; a bias comes with it */
    EditKind edit;     /* what may scale the result; EDIT_NONE */
    bool ends_stage;   /* running a layer again may stop here: see
                          arch_stage_end */
} ArchOp;

/* ---- tensors ------------------------------------------------------------- */

/* One axis of a shape, by the letters of config.h. */
typedef enum ArchDim {
    ARCH_ONE,
    ARCH_D,
    ARCH_F,
    ARCH_V,
    ARCH_S,
    ARCH_K,
    ARCH_HK,      /* H*K */
    ARCH_GK,      /* G*K */
    ARCH_SEGMENTS /* 2: a text, and one after it that belongs to it */
} ArchDim;

/* Who names tensors. */
typedef enum ArchNaming {
    ARCH_GGUF,   /* "blk.N." before a layer's, ".weight" after all */
    ARCH_HF,     /* Arch.hf_layers before a layer's, ".weight" after all */
    ARCH_LLAMA2C /* ".N" after a layer's */
} ArchNaming;
#define ARCH_NAMINGS (ARCH_LLAMA2C + 1)

/* How one naming has a tensor. */
typedef struct ArchStored {
    const char *stem; /* the name without what ArchNaming says; NULL: not */
    TensorStored rows;
    int slice, n_slices; /* part `slice` of a tensor that holds n_slices of
                            them; n_slices 0: a tensor of its own */
} ArchStored;

typedef struct ArchTensor {
    TensorRole role;
    ArchDim rows, cols;
    bool per_layer;
    bool has_bias;      /* [rows], called ".bias"; of a vector [cols]; unless
                           Config.no_bias */
    TensorRole tied_to; /* may be left out for this one: Config.tied;
                           TENSOR_NONE */
    ArchStored in[ARCH_NAMINGS];
} ArchTensor;

/* ---- architectures ------------------------------------------------------- */

typedef struct Arch {
    const char *name;  /* "llama": general.architecture, model_type */
    const char *title; /* "LLaMA" */
    const ArchOp *ops; /* in the order of the computation */
    int n_ops;
    const ArchTensor *tensors; /* first those before the layers, then those of
                                  a layer, then those after; in each part in
                                  the order of the computation */
    int n_tensors;
    const char *hf_prefix; /* may come before every name there; NULL: none */
    const char *hf_layers; /* "model.layers.": a layer's names begin so, then
                              its number and a dot */
    const char *hf_output_bias; /* another name there of the classifier's bias;
                                   NULL: none */
    const char *const *hf_buffers;   /* ends of names there that are no weights;
                                      the last is NULL, or it is all */
    Activation activation;           /* where its files do not name one */
    bool rotates, learned_positions; /* where positions come in */
    bool own_head_dim;               /* K may be another than D/H */
    bool hf_only;                    /* no GGUF file is called so */
    bool causal;                     /* a position sees no later one */
    bool norm_after;             /* sums are normed, not what the blocks read */
    const struct Arch *headless; /* the same without its prediction head,
                                      for files that have none; NULL: a file
                                      must */
    Site cached_key, cached_value; /* what the KV cache holds */
} Arch;

/* The architectures, each in its file: X(NAME) stands for arch_NAME. */
#define ARCH_LIST(X)                                                           \
    X(llama)                                                                   \
    X(mistral)                                                                 \
    X(qwen2)                                                                   \
    X(qwen3)                                                                   \
    X(gemma)                                                                   \
    X(gpt2)                                                                    \
    X(bert)

#define ARCH_DECLARE(NAME) extern const Arch arch_##NAME;
ARCH_LIST(ARCH_DECLARE)
#undef ARCH_DECLARE
extern const Arch arch_bert_encoder;

/* The architecture of this name; NULL: none. */
const Arch *arch_find(const char *name, size_t n);

/* All names, "llama mistral ...", for messages; and those of GGUF files. */
const char *arch_names(void);
void arch_names_gguf(char *out, size_t size);

/* ---- asking about sites -------------------------------------------------- */

/* Whether it has logits: without a head there is nothing after the layers. */
bool arch_predicts(const Arch *a);

/* What a position's logits are about: so many positions after its own.  1: the
 * next token; 0 where a position sees the whole text, so that what it tells is
 * what stands there itself ([MASK] hides it). */
int arch_ahead(const Arch *a);

/* The operation that makes a site; NULL where the architecture has none. */
const ArchOp *arch_op(const Arch *a, Site site);

/* Its place in the order of the computation; needs one that exists. */
int arch_order(const Arch *a, Site site);

SiteMask arch_sites(const Arch *a);                     /* all it has */
SiteMask arch_part_sites(const Arch *a, ArchPart part); /* those of a part */
SiteMask arch_kind_sites(const Arch *a, OpKind kind);   /* those so made */

/* All that are computed once `site` is, itself included. */
SiteMask arch_up_to(const Arch *a, Site site);

/* The last of those in mask that a layer computes; the one that enters it if
 * there is none. */
Site arch_last_in_layer(const Arch *a, SiteMask mask);

/* Where running again stops for the sake of `site`: the first op from there on
 * that ends a stage.  A question seldom comes alone, so a stage is more than a
 * site; and less than a layer, so that no more is run than is asked for. */
Site arch_stage_end(const Arch *a, Site site);

/* Of a norm, by the site that is its scale: the site of its mean; SITE_NONE: it
 * takes none off. */
Site arch_norm_mean(const Arch *a, Site scale);

/* Row 0 of the residual stream and what is its row n+1 in layer n; row n is
 * what enters layer n. */
Site arch_stream_first(const Arch *a);
Site arch_stream_next(const Arch *a);
SiteMask arch_stream_sites(const Arch *a); /* all three */
/* Whether a site is the stream at any place: one of these, or what it is once
 * a branch of the layer was added. */
bool arch_is_stream(const Arch *a, Site site);
/* What goes on from a sum of a layer: itself, or what its norm leaves of it. */
Site arch_stream_after(const Arch *a, Site sum);

SiteMask arch_cached_sites(const Arch *a); /* held by the KV cache */
/* Those computed only for the cache: these, and what leads to nothing else. */
SiteMask arch_cache_path(const Arch *a);

/* ---- asking about tensors ------------------------------------------------ */

/* NULL where the architecture has none. */
const ArchTensor *arch_tensor(const Arch *a, TensorRole role);

/* How many tensors of a role a model has: one a layer, one, or none (where the
 * architecture has none, or a tied one is left out: one with a bias is not, as
 * that is its own). */
int arch_copies(const Config *c, TensorRole role);
/* Whether a model's tensor has a bias. */
bool arch_has_bias(const Config *c, const ArchTensor *t);

/* Of which role's tensor its data are, the bias alone being its own;
 * TENSOR_NONE: they are its own, too. */
TensorRole arch_tensor_shared(const Config *c, TensorRole role);

/* How long an axis is. */
int arch_dim_size(const Config *c, ArchDim dim);

/* Expected shape of a role that exists. */
void arch_shape(const Config *c, TensorRole role, int *rows, int *cols);

/* Where (role, layer) lies among the tensors of a model; layer is ignored for
 * one-per-model roles.  And how many there are, those left out included. */
size_t arch_tensor_index(const Config *c, TensorRole role, int layer);
size_t arch_tensor_count(const Config *c);

/* The name that a tensor has in files, NUL-terminated, without
 * Arch.hf_prefix; and that of its bias. */
void arch_tensor_name(const Arch *a, ArchNaming naming, TensorRole role,
                      int layer, char *out, size_t size);
void arch_bias_name(char *tensor_name); /* in its place; ".gamma" has ".beta" */

#endif
