/* Malformed: a corpus of damaged model and tokenizer files, each made from a
 * small good one by one edit.
 *
 *     for (size_t i = 0; i < malformed_count(); i++) {
 *         const Malformed *m = malformed_case(i);
 *         Bytes b = malformed_bytes(m);
 *         ... open it, compare with m->tolerated and m->says ...
 *         bytes_free(&b);
 *     }
 *
 * The lists follow the formats' descriptions.  Not among the damages are those
 * that llantern takes on purpose: rope_scaling of type llama3 (config.json),
 * rope_freqs.weight (GGUF), and W_Q of GGUF transposed, which is square.
 */
#ifndef TESTS_SUPPORT_MALFORMED_H
#define TESTS_SUPPORT_MALFORMED_H

#include "tests/support/bytes.h"
#include "tests/support/tiny_model.h"

typedef enum MalformedKind {
    MALFORMED_V0, /* llama2.c model files */
    MALFORMED_V1,
    MALFORMED_V2,
    MALFORMED_TOKENIZER,      /* tokenizer.bin */
    MALFORMED_GGUF,           /* with a SentencePiece tokenizer */
    MALFORMED_GGUF_BPE,       /* with a byte-level one */
    MALFORMED_SAFETENSORS,    /* beside a good config.json */
    MALFORMED_SPM,            /* tokenizer.model */
    MALFORMED_TOKENIZER_JSON, /* as SentencePiece */
    MALFORMED_BYTE_LEVEL,     /* tokenizer.json, too */
    MALFORMED_CONFIG,         /* config.json beside a good model.safetensors */
    MALFORMED_INDEX,          /* model.safetensors.index.json, two shards */
    MALFORMED_WORDPIECE,      /* tokenizer.json */
    /* model.safetensors of other families, beside good config.json */
    MALFORMED_GPT2, /* with matrices turned, as Conv1D has them */
    MALFORMED_NANO, /* with matrices as nn.Linear has them */
    MALFORMED_QWEN2,
    MALFORMED_QWEN3,
    /* config.json of theirs, beside good model.safetensors */
    MALFORMED_GPT2_CONFIG,
    MALFORMED_NANO_CONFIG, /* of nanoGPT */
    MALFORMED_QWEN2_CONFIG,
    MALFORMED_QWEN3_CONFIG,
    MALFORMED_MISTRAL_CONFIG,
    /* GGUF of theirs */
    MALFORMED_GPT2_GGUF,
    MALFORMED_QWEN2_GGUF,
    MALFORMED_QWEN3_GGUF,
    /* What tokenizers had before tokenizer.json, beside good others */
    MALFORMED_VOCAB_JSON,
    MALFORMED_MERGES,
    MALFORMED_VOCAB_TXT,
    MALFORMED_TOKENIZER_CONFIG, /* tokenizer_config.json of vocab.json */
    MALFORMED_KINDS
} MalformedKind;

/* Changes bytes at a place; what the value means is up to the edit. */
typedef void (*MalformedEdit)(Bytes *b, size_t at, uint64_t value);

typedef struct Malformed {
    MalformedKind kind;
    const char *name;
    MalformedEdit edit; /* NULL: text for text */
    size_t at;
    uint64_t value;
    const char *find; /* a GGUF file's key or tensor, `at` counting from its
                         value (gguf_find); or the text that `put` replaces */
    const char *put;
    const char *says; /* words of the message, or of the warning */
    bool tolerated;   /* opens, with a warning */
} Malformed;

#define MALFORMED_VOCAB 300 /* of the tokenizers */

size_t malformed_count(void);
const Malformed *malformed_case(size_t i);

const char *malformed_kind_name(MalformedKind kind);

/* The good file of a kind, and the damaged file of a case. */
Bytes malformed_good(MalformedKind kind);
Bytes malformed_bytes(const Malformed *m);

/* ---- for malformed_*.c --------------------------------------------------- */

typedef struct MalformedList {
    const Malformed *cases;
    size_t n;
} MalformedList;

MalformedList malformed_llama2c(void);
MalformedList malformed_tokenizer(void);
MalformedList malformed_gguf(void);
MalformedList malformed_safetensors(void);
MalformedList malformed_spm(void);
MalformedList malformed_json(void);
MalformedList malformed_family(void);
MalformedList malformed_vocab(void);

/* The good files that are not malformed.c's own. */
Bytes malformed_good_gguf(bool byte_level);
Bytes malformed_good_tokenizer(MalformedKind kind);
Bytes malformed_good_family(MalformedKind kind);
Bytes malformed_good_vocab(MalformedKind kind);

/* Is the file a .safetensors? */
bool malformed_is_safetensors(MalformedKind kind);

/* Of another family's folder: the kind that is the config.json beside weights,
 * and the weights beside a config.json. */
MalformedKind malformed_beside(MalformedKind kind);
Bytes malformed_good_weights(MalformedKind kind);

/* Writes all good files of a kind's folder of another family, or of a tokenizer
 * of several files. */
void malformed_family_folder(MalformedKind kind, const char *dir);
void malformed_vocab_folder(MalformedKind kind, const char *dir);

/* Edits that several formats have. */
void malformed_u8(Bytes *b, size_t at, uint64_t v);
void malformed_u32(Bytes *b, size_t at, uint64_t v);
void malformed_u64(Bytes *b, size_t at, uint64_t v);
void malformed_keep(Bytes *b, size_t size, uint64_t v);   /* the first bytes */
void malformed_drop(Bytes *b, size_t size, uint64_t v);   /* the last ones */
void malformed_append(Bytes *b, size_t size, uint64_t v); /* zeros */
void malformed_html(Bytes *b, size_t at, uint64_t v);     /* over the first */
void malformed_over(Bytes *b, const char *text, size_t n);

#endif
