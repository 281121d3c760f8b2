/* open: a model and the tokenizer that belongs to it, or one plain line. */
#include "assets/embed.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/open.h"

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
    Model *m;
    Tokenizer *t;
    Err err = {0};
    write_files(&f, "tiny.tok.bin");
    ck_assert_msg(open_model(f.model, NULL, &m, &t, &err), "%s", err.msg);
    ck_assert_int_eq(tokenizer_n_pieces(t), model_config(m)->vocab_size);
    tokenizer_close(t);
    model_close(m);
    folder_remove(f.dir);
}
END_TEST

START_TEST(another_tokenizer_must_be_named) {
    Files f;
    Model *m;
    Tokenizer *t;
    Err err = {0};
    write_files(&f, "elsewhere.bin");
    ck_assert(!open_model(f.model, NULL, &m, &t, &err));
    ck_assert_ptr_null(m);
    ck_assert_ptr_null(t);
    ck_assert_ptr_nonnull(strstr(err.msg, "tiny.tok.bin"));
    err_clear(&err);
    ck_assert_msg(open_model(f.model, f.tok, &m, &t, &err), "%s", err.msg);
    tokenizer_close(t);
    model_close(m);
    folder_remove(f.dir);
}
END_TEST

START_TEST(a_build_without_a_model_says_so) {
    Model *m;
    Tokenizer *t;
    Err err = {0};
    bool embedded = false;
    for (const Embed *e = embed_table; e->name; e++)
        embedded |= strstr(e->name, ".tok.bin") != NULL;
    ck_assert_int_eq(open_model(NULL, NULL, &m, &t, &err), embedded);
    if (embedded) {
        ck_assert_int_eq(tokenizer_n_pieces(t), model_config(m)->vocab_size);
        tokenizer_close(t);
        model_close(m);
    } else {
        ck_assert_str_eq(err.msg, "no model is embedded in this build; pass "
                                  "one with -m MODEL.bin");
    }
}
END_TEST

START_TEST(what_is_not_embedded_is_refused_by_name) {
    Err err = {0};
    ck_assert_ptr_null(open_weights(OPEN_EMBEDDED "nothing", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "nothing"));
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

TEST_MAIN("open", what_is_not_embedded_is_refused_by_name,
          the_tokenizer_beside_the_model_is_found,
          another_tokenizer_must_be_named, a_build_without_a_model_says_so)
