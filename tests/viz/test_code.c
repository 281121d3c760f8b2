/* Every operation has its lines of C, and they stand where it is said. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/code.h"

#include <stdio.h>
#include <string.h>

/* Line `number` of a file of the repository, newline included. */
static void read_line(const char *file, int number, char out[256]) {
    FILE *f = fopen(file, "r");
    ck_assert_msg(f != NULL, "%s", file);
    for (int i = 0; i < number; i++)
        ck_assert_msg(fgets(out, 256, f) != NULL, "%s:%d", file, number);
    fclose(f);
}

static void check_part(const CodePart *p) {
    char line[256], name[64];
    read_line(p->file, p->line, line);
    ck_assert_msg(strncmp(p->text, line, strlen(line)) == 0, "%s:%d", p->file,
                  p->line);
    ck_assert_int_ge(p->lit, p->line);
    ck_assert_int_le(p->lit + p->n_lit, p->line + p->n_lines);
    snprintf(name, sizeof name, "%s(", p->function);
    ck_assert_ptr_nonnull(strstr(p->text, name));
    ck_assert_int_eq(strncmp(p->text + p->len - 3, "\n}\n", 3), 0);
    read_line(p->file, p->line + p->n_lines - 1, line);
    ck_assert_str_eq(line, "}\n");
}

static bool lit_holds(const CodePart *p, const char *text) {
    char line[256];
    bool holds = false;
    for (int i = 0; i < p->n_lit; i++) {
        read_line(p->file, p->lit + i, line);
        holds = holds || strstr(line, text);
    }
    return holds;
}

/* A step, and arithmetic of its own but where the step is it. */
static void check_arch(const Arch *a, Activation activation) {
    const Config c = {.arch = a, .activation = activation};
    for (int i = 0; i < a->n_ops; i++) {
        CodePart parts[CODE_PARTS_MAX];
        const bool alone = a->ops[i].kind == OP_ADD ||
                           a->ops[i].kind == OP_ENTER ||
                           a->ops[i].kind == OP_STRETCH;
        for (int type = 0; type < 2; type++) {
            const int n =
                code_find(&c, &a->ops[i], type ? DTYPE_Q4_0 : DTYPE_F32, parts);
            ck_assert_msg(n == (alone ? 1 : 2), "%s: %d parts",
                          site_info(a->ops[i].out)->name, n);
            for (int k = 0; k < n; k++)
                check_part(&parts[k]);
        }
    }
}

START_TEST(every_operation_has_its_lines) {
    check_arch(&arch_llama, ACTIVATION_SILU);
    check_arch(&arch_gemma, ACTIVATION_GELU_TANH);
    check_arch(&arch_bert, ACTIVATION_GELU);
    for (int i = ACTIVATION_SILU; i <= ACTIVATION_RELU; i++)
        check_arch(&arch_gpt2, (Activation)i);
    ck_assert_int_eq(code_find(NULL, NULL, DTYPE_F32, NULL), 0);
}
END_TEST

START_TEST(the_statement_is_the_one_that_computes) {
    const Config llama = {.arch = &arch_llama};
    const Config gpt2 = {.arch = &arch_gpt2,
                         .activation = ACTIVATION_GELU_TANH};
    const struct {
        Site site;
        DType type;
        const char *step, *how;
        const Config *config;
    } cases[] = {
        {SITE_LN1_SCALE, DTYPE_F32, "rmsnorm", "sqrtf", &llama},
        {SITE_Q, DTYPE_F32, "kern_matmul_all", "vec_fma(weights", &llama},
        {SITE_Q, DTYPE_Q4_0, "kern_matmul_all", "scale[half] * d", &llama},
        {SITE_ROT_K, DTYPE_F32, "rotated", "a * c - b * s", &llama},
        {SITE_ATTN_SCORES, DTYPE_F32, "*= scale", "vec_fma(weights", &llama},
        {SITE_PATTERN, DTYPE_F32, "softmax(", "vec_exp(", &llama},
        {SITE_MLP_POST, DTYPE_F32, "kern_gate(", "vec_exp(-g)", &llama},
        {SITE_RESID_POST, DTYPE_F32, "added[i]", NULL, &llama},
        {SITE_LOGITS, DTYPE_BF16, "kern_matmul_all", "vec_fma(weights", &llama},
        {SITE_LN1_MEAN, DTYPE_F32, "layernorm", "sums +=", &gpt2},
        {SITE_LN2_SCALE, DTYPE_F32, "layernorm", "sqrtf", &gpt2},
        {SITE_LN1_OUT, DTYPE_F32, "layernorm", "gain", &gpt2},
        {SITE_MLP_POST, DTYPE_F32, "kern_activate(", "Vec u", &gpt2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CodePart parts[CODE_PARTS_MAX];
        const ArchOp *op = arch_op(cases[i].config->arch, cases[i].site);
        const int n = code_find(cases[i].config, op, cases[i].type, parts);
        ck_assert_msg(lit_holds(&parts[0], cases[i].step), "%zu", i);
        ck_assert_int_eq(n, cases[i].how ? 2 : 1);
        if (cases[i].how)
            ck_assert_msg(lit_holds(&parts[1], cases[i].how), "%zu", i);
    }
}
END_TEST

/* Enter steps through the operations, and the code goes along. */
START_TEST(the_panel_follows_the_operation) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "the cat sat",
                                  .state = "view=block op=silu elem=1"});
    r.w = 1920;
    r.h = 1080;
    screen_key(r.screen, "Shift+C");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "*step_neur"));
    ck_assert(app_rig_shows(&r, "engine/kernel/kern_body.h:"));
    ck_assert_str_eq(app_state(r.app)->source, "on");
    while (strcmp(app_state(r.app)->op, "down") != 0)
        screen_key(r.screen, "Enter");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "*step_proj"));
    ck_assert(!app_rig_shows(&r, "*step_neur"));
    screen_key(r.screen, "Shift+C");
    app_rig_frame(&r);
    ck_assert(!app_rig_shows(&r, "*step_proj"));
    app_rig_close(&r);
}
END_TEST

/* What is drawn of the arithmetic in a window w wide, the blanks left out. */
static void drawn_code(AppRig *r, int w, char out[4096]) {
    int n, i = 0;
    size_t len = 0;
    r->w = w;
    app_rig_frame(r);
    const TextMark *mark = canvas_texts(r->canvas, &n);
    while (i < n && !strstr(mark[i].text, "engine/kernel/"))
        i++;
    ck_assert_int_lt(i + 2, n);
    const float x = mark[i + 2].x; /* behind the first line's number */
    for (; i < n; i++) {
        if (mark[i].x != x) continue;
        ck_assert_msg(!mark[i].is_cut, "%d wide: %s", w, mark[i].text);
        for (const char *c = mark[i].text; *c && len + 1 < 4096; c++)
            if (*c != ' ') out[len++] = *c;
    }
    out[len] = '\0';
}

/* Where lines have no room they go on in the next row: nothing is left out. */
START_TEST(long_lines_are_whole) {
    char wide[4096], narrow[4096];
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "the cat sat",
                                  .state = "view=block op=q elem=1 "
                                           "source=on inspector=off"});
    r.h = 1400;
    drawn_code(&r, 2200, wide);
    ck_assert_ptr_nonnull(strstr(wide, "KERN_INLINE"));
    for (int w = 700; w <= 1300; w += 100) {
        drawn_code(&r, w, narrow);
        ck_assert_str_eq(narrow, wide);
    }
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("code", long_lines_are_whole, every_operation_has_its_lines,
          the_statement_is_the_one_that_computes,
          the_panel_follows_the_operation)
