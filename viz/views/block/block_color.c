/* The colours of the block view: by role, and faded but for the current
 * operation and what it reads. */
#include "viz/views/block/block.h"

/* How far the cells and ribbons fade of what comes after the current operation,
 * and of what came before it and is not read by it.  Names never do. */
#define FADE_LATER   0.70f
#define FADE_EARLIER 0.50f

float block_fade(const Stage *s, const BlockPlan *p, int op) {
    if (op > s->op) return FADE_LATER;
    return op == s->op || block_reads(p, s->op, op) ? 0 : FADE_EARLIER;
}

Color block_lit(const Stage *s, const BlockPlan *p, int op, Color c) {
    return color_mix(c, s->theme->window, block_fade(s, p, op));
}

Color block_role_color(const Theme *t, SiteRole role) {
    const Color colors[SITE_ROLES] = {
        [SITE_ROLE_STREAM] = t->residual, [SITE_ROLE_QUERY] = t->query,
        [SITE_ROLE_KEY] = t->key,         [SITE_ROLE_VALUE] = t->value,
        [SITE_ROLE_MIXED] = t->value,     [SITE_ROLE_NEURON] = t->mlp};
    return colors[role];
}

Color block_role_tint(const Theme *t, SiteRole role) {
    const Color tints[SITE_ROLES] = {[SITE_ROLE_STREAM] = t->residual_tint,
                                     [SITE_ROLE_QUERY] = t->query_tint,
                                     [SITE_ROLE_KEY] = t->key_tint,
                                     [SITE_ROLE_VALUE] = t->value_tint,
                                     [SITE_ROLE_MIXED] = t->value_tint,
                                     [SITE_ROLE_NEURON] = t->mlp_tint};
    Color c = tints[role];
    float cover = (float)c.a / 255;
    c.a = 255;
    return color_mix(t->window, c, cover);
}
