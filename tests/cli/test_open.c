/* open: a model and the tokenizer that belongs to it, or one plain line. */
#include "assets/embed.h"
#include "lessons/state.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/app/source.h"

#include <string.h>

typedef struct Files {
    char dir[FOLDER_PATH_MAX], model[FOLDER_PATH_MAX], tok[FOLDER_PATH_MAX];
} Files;

static void write_files(Files *f, const char *tok_name) {
    TinySpec spec = tiny_spec();
    folder_make(f->dir);
    tiny_write(&spec, f->dir, tok_name);
    folder_path(f->model, f->dir, "tiny.bin");
    folder_path(f->tok, f->dir, tok_name);
}

START_TEST(the_tokenizer_beside_the_model_is_found) {
    Files f;
    Source o = {0};
    Err err = {0};
    write_files(&f, "tiny.tok.bin");
    o.path = f.model;
    ck_assert_msg(source_open(&o, &err), "%s", err.msg);
    ck_assert_int_eq(tokenizer_n_pieces(o.tokenizer),
                     model_config(o.model)->vocab_size);
    tokenizer_close(o.tokenizer);
    model_close(o.model);
    folder_remove(f.dir);
}
END_TEST

START_TEST(another_tokenizer_must_be_named) {
    Files f;
    Source o = {0};
    Err err = {0};
    write_files(&f, "elsewhere.bin");
    o.path = f.model;
    ck_assert(!source_open(&o, &err));
    ck_assert_ptr_null(o.model);
    ck_assert_ptr_null(o.tokenizer);
    ck_assert_ptr_nonnull(strstr(err.msg, "tiny.tok.bin"));
    err_clear(&err);
    o.tokenizer_path = f.tok;
    ck_assert_msg(source_open(&o, &err), "%s", err.msg);
    tokenizer_close(o.tokenizer);
    model_close(o.model);
    folder_remove(f.dir);
}
END_TEST

START_TEST(a_build_without_a_model_says_so) {
    Source o = {0};
    Err err = {0};
    bool embedded = false;
    for (const Embed *e = embed_table; e->name; e++)
        embedded |= strstr(e->name, ".tok.bin") != NULL;
    ck_assert_int_eq(source_open(&o, &err), embedded);
    if (embedded) {
        ck_assert_int_eq(tokenizer_n_pieces(o.tokenizer),
                         model_config(o.model)->vocab_size);
        tokenizer_close(o.tokenizer);
        model_close(o.model);
    } else {
        ck_assert_str_eq(err.msg, "no model is embedded in this build; pass "
                                  "one with -m MODEL.bin");
    }
}
END_TEST

START_TEST(what_is_not_embedded_is_refused_by_name) {
    Err err = {0};
    ck_assert_ptr_null(source_weights(SOURCE_EMBEDDED "nothing", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "nothing"));
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

/* Whatever its architecture and format, a text is the same tokens of each, but
 * for those that only it has. */
START_TEST(every_embedded_model_opens_with_its_tokenizer) {
    static const char text[] =
        "Once there was a kind girl named Mia. \"Oink!\"";
    char name[STATE_PATH_MAX];
    Source first = {0};
    Err err = {0};
    if (!source_embedded(0, name, sizeof name)) return;
    ck_assert_msg(source_open(&first, &err), "%s", err.msg);
    for (int i = 1; source_embedded(i, name, sizeof name); i++) {
        Source o = {.path = name};
        Encoding a = {0}, b = {0};
        ck_assert_msg(source_open(&o, &err), "%s", err.msg);
        ck_assert_int_eq(tokenizer_n_pieces(o.tokenizer),
                         model_config(o.model)->vocab_size);
        ck_assert(tokenizer_same_ids(first.tokenizer, o.tokenizer));
        ck_assert(tokenizer_encode(first.tokenizer, text, strlen(text),
                                   TOKENIZER_BOS, &a, &err));
        ck_assert(tokenizer_encode(o.tokenizer, text, strlen(text),
                                   TOKENIZER_BOS, &b, &err));
        ck_assert_int_eq(a.n, b.n);
        for (int k = 0; k < a.n; k++)
            ck_assert_int_eq(a.tokens[k].id, b.tokens[k].id);
        encoding_free(&a);
        encoding_free(&b);
        tokenizer_close(o.tokenizer);
        model_close(o.model);
    }
    tokenizer_close(first.tokenizer);
    model_close(first.model);
}
END_TEST

TEST_MAIN("open", what_is_not_embedded_is_refused_by_name,
          every_embedded_model_opens_with_its_tokenizer,
          the_tokenizer_beside_the_model_is_found,
          another_tokenizer_must_be_named, a_build_without_a_model_says_so)
