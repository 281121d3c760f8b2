/* What parts are called. */
#include "viz/views/words.h"

const char *words_activation(const Config *c) {
    const bool is_gelu = c->activation == ACTIVATION_GELU_TANH ||
                         c->activation == ACTIVATION_GELU;
    return is_gelu ? "GELU" : activation_name(c->activation);
}

const char *words_size(const Arch *a, Site scale) {
    return arch_norm_mean(a, scale) == SITE_NONE ? "RMS" : "spread";
}

Site words_scale_of(const Arch *a, Site normed) {
    const ArchOp *gain = arch_op(a, normed);
    if (!gain || gain->kind != OP_GAIN) return SITE_NONE;
    return arch_op(a, gain->in[0])->in[1];
}

bool words_has_bias(const Config *c, Site site) {
    const ArchOp *op = arch_op(c->arch, site);
    if (!op || op->weight == TENSOR_NONE) return false;
    const ArchTensor *t = arch_tensor(c->arch, op->weight);
    return t && arch_has_bias(c, t);
}

bool words_is_stretched(const Arch *a) {
    return arch_op(a, arch_stream_first(a))->kind == OP_STRETCH;
}
