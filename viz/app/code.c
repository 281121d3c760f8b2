/* Two tables say which function computes what; where it stands is looked up in
 * the text. */
#include "viz/app/code.h"

#include "assets/embed.h"

#include <string.h>

#define FORWARD "engine/run/forward.c"
#define ATTEND  "engine/run/forward_attend.c"
#define BODY    "engine/kernel/kern_body.h"

/* A function, and what the statement in it that computes begins with. */
typedef struct Row {
    const char *file, *function, *statement;
} Row;

/* The step of the forward pass that makes a site. */
static const Row steps[SITE_COUNT] = {
    [SITE_EMBED] = {FORWARD, "forward_embed", "kern_row("},
    [SITE_RESID_PRE] = {FORWARD, "step_norm1", "announce("},
    [SITE_LN1_SCALE] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_LN1_NORMALIZED] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_LN1_OUT] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_Q] = {FORWARD, "step_project", "multiply_all("},
    [SITE_K] = {FORWARD, "step_project", "multiply_all("},
    [SITE_V] = {FORWARD, "step_project", "multiply_all("},
    [SITE_ROT_Q] = {FORWARD, "rotate", "turn(f, rotated"},
    [SITE_ROT_K] = {FORWARD, "rotate", "turn(f, kv->new_keys"},
    [SITE_ATTN_SCORES] = {ATTEND, "attend_scores", "scores[i] *= scale"},
    [SITE_PATTERN] = {ATTEND, "attend_softmax", "f->kern->softmax("},
    [SITE_Z] = {ATTEND, "attend_mix", "mix_keys("},
    [SITE_ATTN_OUT] = {FORWARD, "add_block", "multiply("},
    [SITE_RESID_MID] = {FORWARD, "add_block", "sum[i] ="},
    [SITE_LN2_SCALE] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_LN2_NORMALIZED] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_LN2_OUT] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_MLP_PRE] = {FORWARD, "step_neurons", "multiply_all("},
    [SITE_MLP_PRE_LINEAR] = {FORWARD, "step_neurons", "multiply_all("},
    [SITE_MLP_POST] = {FORWARD, "step_neurons", "f->kern->silu_mul("},
    [SITE_MLP_OUT] = {FORWARD, "add_block", "multiply("},
    [SITE_RESID_POST] = {FORWARD, "add_block", "sum[i] ="},
    [SITE_LN_FINAL_SCALE] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_LN_FINAL_NORMALIZED] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_LN_FINAL_OUT] = {FORWARD, "normalize", "to->scale[t] ="},
    [SITE_LOGITS] = {FORWARD, "forward_final", "kern_matmul("},
};

/* The arithmetic of a kind of operation, where the step itself has none. */
static const Row kinds[OP_KINDS] = {
    [OP_LOOKUP] = {"engine/kernel/kern_row.c", "kern_row", "chunk_floats("},
    [OP_SCALE] = {BODY, "rmsnorm", "const float scale ="},
    [OP_NORMALIZE] = {BODY, "rmsnorm", "Vec v ="},
    [OP_GAIN] = {BODY, "rmsnorm", "vec_store_n(out"},
    [OP_LINEAR] = {BODY, "row_sums", "acc = vec_fma("},
    [OP_ROTATE] = {"engine/kernel/kern.c", "kern_rope", "out[i] ="},
    [OP_SCORES] = {BODY, "row_sums", "acc = vec_fma("},
    [OP_SOFTMAX] = {BODY, "softmax", "Vec e ="},
    [OP_MIX] = {BODY, "mix_block", "acc[t][c] =\n"},
    [OP_GATE] = {BODY, "silu_mul", "Vec y ="},
};

/* Products with quantised weights. */
static const Row quantised = {"engine/kernel/kern_body_quant.h", "add_parts",
                              "parts = eight_fma(__builtin_convertvector(s"};

static const Embed *embedded(const char *file) {
    for (const Embed *e = embed_table; e->name; e++)
        if (strcmp(e->name, file) == 0) return e;
    return NULL;
}

static const char *next_line(const char *at, const char *end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline + 1 : end;
}

/* Where a text occurs within at .. end; NULL: nowhere. */
static const char *find(const char *at, const char *end, const char *text) {
    const size_t n = strlen(text);
    for (; (size_t)(end - at) >= n; at++)
        if (memcmp(at, text, n) == 0) return at;
    return NULL;
}

static int count_lines(const char *from, const char *to) {
    int n = 0;
    for (; from < to; from++)
        n += *from == '\n';
    return n;
}

static bool begins(const char *at, const char *end, const char *text) {
    const size_t n = strlen(text);
    return (size_t)(end - at) >= n && memcmp(at, text, n) == 0;
}

/* Whether a definition of the function begins in this line, not indented. */
static bool defines(const char *at, const char *end, const char *function) {
    if (*at == ' ' || *at == '/' || *at == '#' || *at == '\n') return false;
    const char *stop = next_line(at, end), *name = find(at, stop, function);
    if (!name || name == at || name[strlen(function)] != '(') return false;
    if (name[-1] != ' ' && name[-1] != '*') return false;
    const char *brace = find(name, end, ") {\n");
    const char *semicolon = find(name, end, ";");
    return brace && semicolon && brace < semicolon;
}

/* The beginning of the comment that ends in the line before; the line itself
 * where there is none. */
static const char *comment_above(const char *begin, const char *line) {
    const char *at = line;
    while (at > begin) {
        const char *above = at - 1;
        while (above > begin && above[-1] != '\n')
            above--;
        const bool first = begins(above, at, "/*");
        if (!first && !begins(above, at, " *")) return line;
        at = above;
        if (first) return at;
    }
    return line;
}

/* Past the closing brace of what begins at `at`. */
static const char *end_of(const char *at, const char *end) {
    const char *brace = find(at, end, "\n}\n");
    return brace ? brace + 3 : end;
}

static bool find_part(const Row *row, CodePart *out) {
    const Embed *e = row->file ? embedded(row->file) : NULL;
    if (!e) return false;
    const char *begin = (const char *)e->begin, *end = (const char *)e->end;
    const char *at = begin;
    while (at < end && !defines(at, end, row->function))
        at = next_line(at, end);
    if (at == end) return false;
    const char *from = comment_above(begin, at), *to = end_of(at, end);
    const char *statement = find(at, to, row->statement);
    if (!statement) return false;
    const char *stop = find(statement, to, ";");
    *out = (CodePart){.file = row->file,
                      .function = row->function,
                      .text = from,
                      .len = (size_t)(to - from),
                      .line = 1 + count_lines(begin, from),
                      .n_lines = count_lines(from, to),
                      .lit = 1 + count_lines(begin, statement),
                      .n_lit = 1 + count_lines(statement, stop ? stop : to)};
    return true;
}

static bool is_quantised(DType type) {
    return type != DTYPE_F32 && type != DTYPE_F16 && type != DTYPE_BF16;
}

int code_find(const ArchOp *op, DType weight, CodePart out[CODE_PARTS_MAX]) {
    if (!op || op->out >= SITE_COUNT) return 0;
    const Row *how = op->kind == OP_LINEAR && is_quantised(weight)
                         ? &quantised
                         : &kinds[op->kind];
    int n = find_part(&steps[op->out], &out[0]);
    n += find_part(how, &out[n]);
    return n;
}
