/* Writes what the fuzzers start from: argument 1 is a folder, which gets a
 * folder for each target.  Good files of every kind and all damaged ones, so
 * that none of them need be kept. */
#include "engine/spec/arch.h"
#include "engine/train/ckpt.h"
#include "tests/support/bert_files.h"
#include "tests/support/byte_level.h"
#include "tests/support/gguf_write.h"
#include "tests/support/hf_folder.h"
#include "tests/support/malformed.h"
#include "tests/support/tiny_family.h"
#include "tests/support/tiny_hf.h"
#include "tests/support/tok_files.h"
#include "tests/support/worlds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Takes over b. */
static void put(const char *root, const char *target, const char *name,
                Bytes b) {
    char dir[FOLDER_PATH_MAX];
    folder_path(dir, root, target);
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) abort();
    folder_write(dir, name, b.data, b.size);
    bytes_free(&b);
}

static void put_text(const char *root, const char *target, const char *name,
                     const char *text) {
    put(root, target, name, bytes_copy(text, strlen(text)));
}

/* ---- good and damaged ---------------------------------------------------- */

#define SEED_BYTES_MAX 40000 /* larger ones would only be slow */

/* Files of one input, a byte 1 between them; takes over all. */
static Bytes together(Bytes *parts, int n) {
    Bytes b = {0};
    for (int i = 0; i < n; i++) {
        if (i > 0) bytes_u8(&b, 1);
        bytes_put(&b, parts[i].data, parts[i].size);
        bytes_free(&parts[i]);
    }
    return b;
}

/* A damaged file with the good ones that it is read with. */
static Bytes in_place(MalformedKind kind, Bytes b) {
    if (kind >= MALFORMED_GPT2 && kind <= MALFORMED_QWEN3)
        return together(
            (Bytes[]){malformed_good(malformed_beside(kind)), {0}, {0}, b}, 4);
    if (kind >= MALFORMED_GPT2_CONFIG && kind <= MALFORMED_MISTRAL_CONFIG)
        return together((Bytes[]){b, {0}, {0}, malformed_good_weights(kind)},
                        4);
    if (kind == MALFORMED_MERGES)
        return together((Bytes[]){malformed_good(MALFORMED_VOCAB_JSON), b}, 2);
    if (kind == MALFORMED_TOKENIZER_CONFIG)
        return together((Bytes[]){malformed_good(MALFORMED_VOCAB_JSON),
                                  malformed_good(MALFORMED_MERGES), b},
                        3);
    return b;
}

static const char *target_of(MalformedKind kind) {
    switch (kind) {
    case MALFORMED_V0:
    case MALFORMED_V1:
    case MALFORMED_V2:
        return "llama2c";
    case MALFORMED_TOKENIZER:
        return "tokenizer";
    case MALFORMED_GGUF:
    case MALFORMED_GGUF_BPE:
    case MALFORMED_GPT2_GGUF:
    case MALFORMED_QWEN2_GGUF:
    case MALFORMED_QWEN3_GGUF:
        return "gguf";
    case MALFORMED_SAFETENSORS:
        return "safetensors";
    case MALFORMED_SPM:
        return "spm";
    case MALFORMED_TOKENIZER_JSON:
    case MALFORMED_BYTE_LEVEL:
    case MALFORMED_WORDPIECE:
    case MALFORMED_CONFIG:
    case MALFORMED_INDEX:
        return "json";
    case MALFORMED_VOCAB_JSON:
    case MALFORMED_MERGES:
    case MALFORMED_VOCAB_TXT:
    case MALFORMED_TOKENIZER_CONFIG:
        return "vocab";
    default:
        return "folder";
    }
}

static void put_malformed(const char *root) {
    char name[64];
    for (size_t i = 0; i < malformed_count(); i++) {
        const Malformed *m = malformed_case(i);
        Bytes b = in_place(m->kind, malformed_bytes(m));
        if (b.size > SEED_BYTES_MAX) b.size = SEED_BYTES_MAX;
        snprintf(name, sizeof name, "bad-%03zu", i);
        put(root, target_of(m->kind), name, b);
    }
    for (MalformedKind k = 0; k < MALFORMED_KINDS; k++) {
        snprintf(name, sizeof name, "good-%d", (int)k);
        put(root, target_of(k), name, in_place(k, malformed_good(k)));
    }
}

/* ---- GGUF ---------------------------------------------------------------- */

static void put_gguf(const char *root) {
    TinySpec tiny = {.dim = 32,
                     .hidden_dim = 32,
                     .n_layers = 1,
                     .n_heads = 2,
                     .n_kv_heads = 1,
                     .vocab_size = 3,
                     .seq_len = 4,
                     .shared_classifier = true,
                     .seed = 7};
    char name[64];
    for (DType type = 0; type < DTYPE_Q8_GROUPS; type++) {
        const int items = dtype_info(type)->block_items;
        const bool is_large = items > 32; /* for one matrix alone */
        GgufSpec s = gguf_spec(tiny);
        s.model.dim = items == 32 ? 32 : 8;
        s.model.hidden_dim = is_large ? 256 : s.model.dim;
        s.matrices = s.embedding = is_large ? DTYPE_F16 : type;
        s.w_down = type;
        s.version = type % 2 ? 2 : 3;
        snprintf(name, sizeof name, "type-%d", (int)type);
        put(root, "gguf", name, gguf_bytes(&s));
    }
    GgufSpec s = gguf_spec(tiny);
    s.model.shared_classifier = false;
    s.matrices = DTYPE_Q4_0;
    s.w_down = DTYPE_Q8_0;
    s.embedding = DTYPE_Q4_1;
    put(root, "gguf", "mixed", gguf_bytes(&s));
}

/* ---- Hugging Face -------------------------------------------------------- */

static void put_folder(const char *root) {
    TinySpec spec = hf_folder_spec();
    TinyModel t;
    if (!tiny_open(&t, &spec)) abort();
    put(root, "safetensors", "f16", tiny_safetensors(t.model, "F16", 0, 1));
    put(root, "safetensors", "bf16", tiny_safetensors(t.model, "BF16", 0, 1));
    put(root, "json", "config-llama3",
        tiny_config_json(
            t.model, ",\"rope_theta\":500000,\"rope_scaling\":{\"rope_type\":"
                     "\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,"
                     "\"high_freq_factor\":4.0,"
                     "\"original_max_position_embeddings\":64}"));
    tiny_close(&t);
    spec.vocab_size = MALFORMED_VOCAB;
    if (!tiny_open(&t, &spec)) abort();
    put(root, "json", "tokenizer-pairs", tiny_tokenizer_json(t.tok, true));
    put(root, "json", "byte-level", byte_level_json(false, false));
    tiny_close(&t);
}

/* Files of one tokenizer, a byte 1 between them. */
static void put_vocab(const char *root) {
    static const char beside[] =
        "\x01\x01{\"tokenizer_class\":\"BertTokenizer\",\"do_lower_case\":"
        "false,\"mask_token\":\"[MASK]\",\"added_tokens_decoder\":{\"30\":"
        "{\"content\":\"Zo\u00EB\",\"special\":false}}}\x01"
        "{\"cls_token\":{\"content\":\"[CLS]\"}}";
    Bytes b = bert_txt();
    bytes_put(&b, beside, sizeof beside - 1);
    put(root, "vocab", "bert", b);
    put_text(root, "vocab", "gpt2",
             "{\"l\":0,\"h\":1,\"e\":2,\"\u0120\":3,\"w\":4,\"ll\":5,\"he\":6,"
             "\"hell\":7,\"\u0120w\":8}\x01#version: 0.2\nl l\nh e\nhe ll\n"
             "\u0120 w\n\x01{\"add_prefix_space\":true}\x01{\"eos_token\":"
             "\"<|endoftext|>\"}\x01{\"<|endoftext|>\":9}");
    put(root, "json", "bert", bert_json("", BERT_TEMPLATE));
    put(root, "json", "bert-cased",
        bert_json(",\"lowercase\":false,\"strip_accents\":true",
                  BERT_PROCESSING));
    put(root, "json", "composed",
        byte_level_json_of("\"normalizer\":{\"type\":\"NFC\"},"
                           "\"pre_tokenizer\":{\"type\":\"ByteLevel\","
                           "\"add_prefix_space\":true}",
                           false));
}

/* Whole folders of every family, with tokenizers of every kind, and GGUF. */
static void put_families(const char *root) {
    static const struct {
        const char *name;
        TinyFamily family;
        TinyForm form;
        MalformedKind tokenizer;
        int vocab;
    } of[] = {
        {"gpt2",
         TINY_GPT2,
         {.buffers = true},
         MALFORMED_VOCAB_JSON,
         N_BYTE_LEVEL},
        {"nano",
         TINY_GPT2,
         {.as_linear = true, .own_config = true, .no_bias = true},
         MALFORMED_BYTE_LEVEL,
         N_BYTE_LEVEL},
        {"gpt2-words", TINY_GPT2, {.type = "F16"}, MALFORMED_VOCAB_TXT, N_BERT},
        {"qwen2",
         TINY_QWEN2,
         {.type = "BF16"},
         MALFORMED_VOCAB_JSON,
         N_BYTE_LEVEL},
        {"qwen3", TINY_QWEN3, {0}, MALFORMED_WORDPIECE, N_BERT},
        {"gemma", TINY_GEMMA, {0}, MALFORMED_TOKENIZER_JSON, MALFORMED_VOCAB},
        {"llama", TINY_LLAMA, {0}, MALFORMED_TOKENIZER_JSON, MALFORMED_VOCAB},
        {"mistral",
         TINY_LLAMA,
         {.model_type = "mistral"},
         MALFORMED_BYTE_LEVEL,
         N_BYTE_LEVEL}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const bool gpt2 = of[i].family == TINY_GPT2;
        const TinySpec spec = {.family = of[i].family,
                               .dim = 4,
                               .hidden_dim = 6,
                               .n_layers = 1,
                               .n_heads = 2,
                               .n_kv_heads = gpt2 ? 2 : 1,
                               .vocab_size = of[i].vocab,
                               .seq_len = 4,
                               .shared_classifier = i % 2 == 0,
                               .wide_heads = false,
                               .seed = 7};
        const bool merges = of[i].tokenizer == MALFORMED_VOCAB_JSON;
        put(root, "folder", of[i].name,
            together((Bytes[]){tiny_family_config(&spec, &of[i].form),
                               malformed_good(of[i].tokenizer),
                               merges ? malformed_good(MALFORMED_MERGES)
                                      : (Bytes){0},
                               tiny_family_safetensors(&spec, &of[i].form)},
                     4));
        if (of[i].family == TINY_LLAMA) continue; /* among the others */
        char name[32];
        snprintf(name, sizeof name, "%s-gguf", of[i].name);
        put(root, "folder", name,
            together((Bytes[]){{0},
                               malformed_good(of[i].tokenizer),
                               merges ? malformed_good(MALFORMED_MERGES)
                                      : (Bytes){0},
                               tiny_family_gguf(&spec, DTYPE_F16)},
                     4));
    }
}

/* Small vocabularies, with what is found in texts and what is cut again. */
static void put_small(const char *root) {
    const TokPiece *p = tok_small;
    const int n = TOK_SMALL;
    put(root, "tokenizer", "small", tok_bin(p, n));
    put(root, "spm", "small", tok_spm(p, n, false, (Bytes){0}));
    put(root, "spm", "no-bytes", tok_spm(p, n, true, (Bytes){0}));
    put(root, "json", "metaspace",
        tok_json(p, n - 1,
                 "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":"
                 "\"\u2581\",\"add_prefix_space\":true}",
                 "{\"id\":8,\"content\":\"<|x|>\",\"lstrip\":true,\"rstrip\":"
                 "true,\"single_word\":true,\"normalized\":true}",
                 "\"unk_token\":\"<unk>\",\"fuse_unk\":true",
                 "\"a b\",\"ab b\""));
    put(root, "json", "normalized",
        tok_json(p, n - 1,
                 "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["
                 "{\"type\":\"Prepend\",\"prepend\":\"\u2581\"},{\"type\":"
                 "\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":"
                 "\"\u2581\"}]}",
                 "{\"id\":8,\"content\":\"<|x|>\"}",
                 "\"type\":\"BPE\",\"unk_token\":null", "\"a b\",\"ab b\""));
}

/* ---- lessons ------------------------------------------------------------- */

static const char deck[] =
    "---\ntitle: x\nodd: y\nseparator: ===\n---\n# A &amp; <b>c</b>\n\n"
    "<!-- .stage: layer=1 prompt=\"a b\" then=1,2 -->\n- a *b* `c`\n\t1. d\n\n"
    "<!-- .ask: Q | a) x | b*) y -->\n<!-- .claim: tokens() > 1 -->\n"
    "<!-- .hint: h -->\n<!-- .guess: Q | 0..100 | 26 % | tokens() -->\n"
    "<!-- .do: S | edit=1.0 -->\n<!-- .do: S | rank(token=3) < 2 | head=1 "
    "-->\n"
    "<div class=\"pdf\"><!-- { \"pdf\": \"p\" } --></div>\n\n"
    "[l](u) ![i](j)\n\n|a|\n|---|\n|b|\n\n```c\nx\n---\n```\n"
    "> q\n\n<span class=\"query\">s</span>\n<iframe src=\"u\"></iframe>\n"
    "<!-- .slide: class=\"a\" --><!-- .element: class=\"fragment\" -->\n"
    "<aside class=\"notes\">n</aside>\nNotes: m\n--\n"
    "<!-- .stage: head=2 -->\nb\n----\nc\n";

/* HTML and comments as people write them. */
static const char dialect[] =
    "---\nmodels:\n- a\n- \"b\"\ntheme: x\n---\n"
    "<!-- a\n---\nNote: b\n```\n--><!--> `<!--` <!--->\n"
    "# *A* ~~b~~ H<sub>2</sub> x<sup>2</sup> &nGt; &eacute;\n\n"
    "- [ ] a\n- [x] b <!-- .element: class=\"fragment\" -->\n"
    "<!-- .element: style=\"font-size:large; x:y\" -->\n\n***\n\n"
    "<ul><li>a<ol start=\"3\"><li>b</ol></ul><h3>c</h3><hr>\n\n"
    "<small style=\"font-size:xx-small\"><a href=\"u\">v</a></small>\n\n"
    "<iframe src=\"u\" title=\"t\" width=\"5\" height=\"6px\"></iframe>\n\n"
    "```c [1|3-4]\nx\n```\n--\n"
    "<!-- .slide: class=\"align-center\" data-background-image=\"p\" -->\n";

static void put_lessons(const char *root) {
    static const char *const states[] = {
        "view=heads layer=2 head=6 token=16 key=14 elem=3 op=softmax "
        "sort=place sink=off prompt=\"a \\\"b\\\" \\x41\\n--\\x3e\" length=9",
        "then=1,2,3 edit=2.6,attn3,mlp1,n2.17,2.7*0.5,mask temperature=0.5 "
        "top-k=40 top-p=0.9 min-p=0.05 seed=7 theme=dark colormap=magma",
        "scale=1.5 slide=3 beat=1", "2.6,attn3,mlp1,n2.17,2.7*0.5,mask"};
    static const char *const formulas[] = {"\\frac{QK^\\top}{\\sqrt[3]{d_k}}",
                                           "\\left(\\text{a}\\middle|b\\right)",
                                           "\\begin{cases}a&b\\\\c\\end{cases}",
                                           "a&=b\\\\&=\\sum_{i}^n x_i'"};
    static const char *const claims[] = {
        "attn(layer=1, head=3, from=\"it\", to=\"cat\") > 0.5",
        "rank(token=\" Lily\", at=2) <= 3",
        "act(site=\"hook_post\", layer=0, index=3) != -1e-3",
        "entropy(at=1) == 2",
        "prob(token=\" a\\n\") < before(prob(token=5)) / (2 - -.5) * 1e3",
        "lens(layer=1, token=2, as=\"rank\") == (1 + 2) within 5 %"};
    char name[64];
    put_text(root, "deck", "deck", deck);
    put_text(root, "deck", "dialect", dialect);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        snprintf(name, sizeof name, "state-%zu", i);
        put_text(root, "state", name, states[i]);
    }
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
        snprintf(name, sizeof name, "formula-%zu", i);
        put_text(root, "formula", name, formulas[i]);
    }
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        snprintf(name, sizeof name, "claim-%zu", i);
        put_text(root, "claim", name, claims[i]);
    }
}

/* ---- training and worlds ------------------------------------------------- */

/* Without its checksum, which the target adds. */
static void put_ckpt(const char *root, const Arch *arch, const char *name) {
    const Config c = {.arch = arch,
                      .activation = arch->activation,
                      .dim = 4,
                      .hidden_dim = 4,
                      .n_layers = 1,
                      .n_heads = 2,
                      .n_kv_heads = arch->rotates ? 1 : 2,
                      .head_dim = 2,
                      .vocab_size = 3,
                      .seq_len_max = 2,
                      .norm_eps = PARAMS_NORM_EPS,
                      .rope_theta = PARAMS_ROPE_THETA,
                      .tied = true};
    const TrainOptions o = {
        .optim = {.steps = 20, .rate = 0.01f, .beta1 = 0.9f, .beta2 = 0.95f},
        .batch = 2,
        .drill = {.rows = 1, .steps = 3},
        .n_threads = 1};
    const CkptText text = {1, 0.1f, "tok", 3};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Trainer *t = train_open(&c, &o, "seed", NULL);
    if (!t) abort();
    put_text(root, "ckpt", name, "LLNTRAIN"); /* makes the folder */
    folder_path(dir, root, "ckpt");
    folder_path(path, dir, name);
    if (!ckpt_save(path, t, &text, NULL)) abort();
    train_close(t);
    File f;
    if (!file_open(&f, path, CKPT_FILE_MAX, NULL)) abort();
    put(root, "ckpt", name, bytes_copy(f.data, f.size - 8));
    file_close(&f);
}

static void put_worlds(const char *root) {
    put_text(root, "world", "small", worlds_small);
    put_text(root, "world", "tiny",
             "rule story\n  - Hi.\nrule question\n  - Q?\n");
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    put_malformed(argv[1]);
    put_gguf(argv[1]);
    put_folder(argv[1]);
    put_families(argv[1]);
    put_small(argv[1]);
    put_vocab(argv[1]);
    put_lessons(argv[1]);
    put_text(argv[1], "ckpt", "empty", "LLNTRAIN");
    put_ckpt(argv[1], &arch_llama, "good");
    put_ckpt(argv[1], &arch_gpt2, "gpt2");
    put_worlds(argv[1]);
    return 0;
}
