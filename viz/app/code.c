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

#define KERN "engine/kernel/kern.c"

/* The step of the forward pass that does an operation. */
static const Row steps[OP_KINDS] = {
    [OP_LOOKUP] = {FORWARD, "step_lookup", "kern_row("},
    [OP_POSITION] = {FORWARD, "step_lookup", "kern_row("},
    [OP_SEGMENT] = {FORWARD, "step_lookup", "kern_row("},
    [OP_STRETCH] = {FORWARD, "step_stretch", "out[i] ="},
    [OP_ENTER] = {FORWARD, "step_enter", "f->at[op->out] ="},
    [OP_MEAN] = {FORWARD, "step_norm", "f->kern->layernorm("},
    [OP_SCALE] = {FORWARD, "normalize_by", "f->kern->rmsnorm("},
    [OP_NORMALIZE] = {FORWARD, "normalize_by", "f->kern->rmsnorm("},
    [OP_GAIN] = {FORWARD, "normalize_by", "f->kern->rmsnorm("},
    [OP_LINEAR] = {FORWARD, "step_project", "kern_matmul_all("},
    [OP_ROTATE] = {FORWARD, "step_rotate", "turn(f, rotated"},
    [OP_SCORES] = {ATTEND, "attend_scores", "scores[i] *= scale"},
    [OP_SOFTMAX] = {ATTEND, "attend_softmax", "f->kern->softmax("},
    [OP_MIX] = {ATTEND, "attend_mix", "mix_keys("},
    [OP_GATE] = {FORWARD, "step_neurons", "kern_gate("},
    [OP_ACTIVATE] = {FORWARD, "step_neurons", "kern_activate("},
    [OP_ADD] = {FORWARD, "step_add", "sum[i] ="},
};

/* The arithmetic of a kind of operation, where the step itself has none. */
static const Row kinds[OP_KINDS] = {
    [OP_LOOKUP] = {"engine/kernel/kern_row.c", "kern_row", "chunk_floats("},
    [OP_POSITION] = {"engine/kernel/kern_row.c", "kern_row", "chunk_floats("},
    [OP_SEGMENT] = {"engine/kernel/kern_row.c", "kern_row", "chunk_floats("},
    [OP_MEAN] = {BODY, "mean_of", "sums +="},
    [OP_SCALE] = {BODY, "rmsnorm", "const float scale ="},
    [OP_NORMALIZE] = {BODY, "rmsnorm", "Vec v ="},
    [OP_GAIN] = {BODY, "rmsnorm", "vec_store_n(out"},
    [OP_LINEAR] = {BODY, "row_sums", "acc = vec_fma("},
    [OP_ROTATE] = {KERN, "kern_rope", "out[i] ="},
    [OP_SCORES] = {BODY, "row_sums", "acc = vec_fma("},
    [OP_SOFTMAX] = {BODY, "softmax", "Vec e ="},
    [OP_MIX] = {BODY, "mix_block", "acc[t][c] =\n"},
    [OP_GATE] = {BODY, "silu_mul", "Vec y ="},
};

/* The same of a norm that takes the mean off. */
static const Row centred[OP_KINDS] = {
    [OP_SCALE] = {BODY, "layernorm", "scale = sqrtf("},
    [OP_NORMALIZE] = {BODY, "layernorm", "Vec v ="},
    [OP_GAIN] = {BODY, "layernorm", "v *= vec_load_n(gain"},
};

static const Row activations[] = {
    [ACTIVATION_SILU] = {KERN, "silu", "out[i] ="},
    [ACTIVATION_GELU_TANH] = {BODY, "gelu_tanh", "Vec u ="},
    [ACTIVATION_GELU] = {BODY, "gelu", "Vec y ="},
    [ACTIVATION_RELU] = {KERN, "relu", "out[i] ="},
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

/* Whether an operation is of a norm that takes the mean off. */
static bool is_centred(const Arch *a, const ArchOp *op) {
    if (op->kind == OP_GAIN) op = arch_op(a, op->in[0]);
    if (op->kind == OP_NORMALIZE) op = arch_op(a, op->in[1]);
    return op->kind == OP_SCALE && op->in[1] != SITE_NONE;
}

static const Row *arithmetic_of(const Config *c, const ArchOp *op,
                                DType weight) {
    if (op->kind == OP_LINEAR && is_quantised(weight)) return &quantised;
    if (centred[op->kind].file && is_centred(c->arch, op))
        return &centred[op->kind];
    if (op->kind == OP_ACTIVATE ||
        (op->kind == OP_GATE && c->activation != ACTIVATION_SILU))
        return &activations[c->activation];
    return &kinds[op->kind];
}

int code_find(const Config *c, const ArchOp *op, DType weight,
              CodePart out[CODE_PARTS_MAX]) {
    if (!op || op->out >= SITE_COUNT) return 0;
    const bool by_mean = centred[op->kind].file && is_centred(c->arch, op);
    int n = find_part(&steps[by_mean ? OP_MEAN : op->kind], &out[0]);
    n += find_part(arithmetic_of(c, op, weight), &out[n]);
    return n;
}
