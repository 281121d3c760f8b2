/* The colours of the block view: by role, and faded where the computation has
 * not come to yet. */
#include "viz/views/block/block.h"

/* How far what comes after the current operation fades: colours more than
 * text, which stays readable. */
#define FADE      0.70f
#define FADE_TEXT 0.45f

Color block_lit(const Stage *s, int op, Color c) {
    return op <= s->op ? c : color_mix(c, s->theme->window, FADE);
}

Color block_lit_text(const Stage *s, int op, Color c) {
    return op <= s->op ? c : color_mix(c, s->theme->window, FADE_TEXT);
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
