/* The files of a model in training: llama2.c's where that can hold it, else
 * GGUF, with the tokenizer inside. */
#include "engine/train/params.h"

#include "engine/format/gguf_model.h"
#include "engine/format/llama2c.h"
#include "engine/spec/arch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where each tensor and each bias is, by arch_tensor_index. */
typedef struct Found {
    const float **tensors, **biases;
} Found;

static void found_free(Found *f) {
    free(f->tensors);
    free(f->biases);
}

static bool find_all(Found *f, const Params *p, const float *w, Err *err) {
    const Config *c = &p->config;
    const size_t n = arch_tensor_count(c);
    *f = (Found){calloc(n, sizeof *f->tensors), calloc(n, sizeof *f->biases)};
    if (!f->tensors || !f->biases) {
        found_free(f);
        return err_memory(err, "export", 2 * n * sizeof *f->tensors);
    }
    for (int i = 0; i < TENSOR_ROLES; i++) {
        const TensorRole role = (TensorRole)i;
        for (int layer = 0; layer < arch_copies(c, role); layer++) {
            const size_t at = arch_tensor_index(c, role, layer);
            f->tensors[at] = w + params_at(p, role, layer);
            if (p->bias_len[i])
                f->biases[at] = w + params_bias_at(p, role, layer);
        }
    }
    return true;
}

/* The largest group that rows of D and of F weights are whole numbers of. */
static int export_group(const Config *c) {
    int group = PARAMS_GROUP;
    while (c->dim % group != 0 || c->hidden_dim % group != 0)
        group /= 2;
    return group;
}

/* ---- the tokenizer in GGUF ----------------------------------------------- */

#define KEY(name) "tokenizer.ggml." name

/* As SentencePiece writes it: bytes by name, spaces as U+2581. */
static void write_piece(Writer *w, Piece p) {
    static const char space[] = "\u2581";
    char text[3 * TOKENIZER_PIECE_MAX];
    size_t n = 0;
    if (p.is_byte)
        n = (size_t)snprintf(text, sizeof text, "<0x%02X>",
                             (unsigned)(uint8_t)p.bytes[0]);
    for (int i = 0; !p.is_byte && i < p.len; i++) {
        if (p.bytes[i] != ' ' || p.is_control) {
            text[n++] = p.bytes[i];
            continue;
        }
        for (int k = 0; space[k]; k++)
            text[n++] = space[k];
    }
    gguf_write_string(w, text, n);
}

static TokenType type_of(Piece p, int id) {
    return p.is_byte                         ? TOKEN_BYTE
           : p.is_control && id == TOKEN_UNK ? TOKEN_UNKNOWN
           : p.is_control                    ? TOKEN_CONTROL
           : p.is_unused                     ? TOKEN_UNUSED
                                             : TOKEN_NORMAL;
}

static void write_tokenizer(GgufWriter *g, const Tokenizer *t) {
    const int n = tokenizer_n_pieces(t);
    gguf_write_text(g, KEY("model"), "llama");
    gguf_write_array(g, KEY("tokens"), GGUF_STRING, (size_t)n);
    for (int id = 0; id < n; id++)
        write_piece(&g->keys, tokenizer_piece(t, id));
    gguf_write_array(g, KEY("scores"), GGUF_F32, (size_t)n);
    for (int id = 0; id < n; id++)
        writer_f32(&g->keys, tokenizer_piece(t, id).score);
    gguf_write_array(g, KEY("token_type"), GGUF_I32, (size_t)n);
    for (int id = 0; id < n; id++)
        writer_u32(&g->keys, type_of(tokenizer_piece(t, id), id));
    gguf_write_count(g, KEY("bos_token_id"), TOKEN_BOS);
    gguf_write_count(g, KEY("eos_token_id"), TOKEN_EOS);
    gguf_write_count(g, KEY("unknown_token_id"), TOKEN_UNK);
    if (tokenizer_mask(t) >= 0)
        gguf_write_count(g, KEY("mask_token_id"), (uint32_t)tokenizer_mask(t));
}

/* ---- files --------------------------------------------------------------- */

const char *params_file_end(const Arch *a) {
    return llama2c_holds(a) ? ".bin" : ".gguf";
}

void *params_export(const Params *p, const float *w, const ParamsFile *file,
                    size_t *size, Err *err) {
    const Config *c = &p->config;
    Found f;
    void *bytes = NULL;
    if (!find_all(&f, p, w, err)) return NULL;
    if (llama2c_holds(c->arch)) {
        bytes =
            llama2c_write(c, f.tensors, file->is_compact ? export_group(c) : 0,
                          file->tokenizer_sum, size, err);
    } else {
        const DType type = file->is_compact ? DTYPE_F16 : DTYPE_F32;
        GgufWriter g = {.version = 3, .alignment = 32};
        if (file->tokenizer) write_tokenizer(&g, file->tokenizer);
        bytes = gguf_model_write(&g, c, f.tensors, f.biases, type, size, err);
    }
    found_free(&f);
    return bytes;
}
