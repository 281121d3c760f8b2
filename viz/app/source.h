/* Source: "-m, or what is embedded" made into a model and its tokenizer.
 *
 *     Source o = {.path = "llama.gguf"};
 *     if (!source_open(&o, &err)) ...
 *     run(o.model, o.tokenizer);
 *
 * The embedded model is the first assets/models/NAME.bin of assets/embed.h
 * that has an assets/models/NAME.tok.bin beside it.  The others below
 * assets/models/ are had as "embedded:NAME": what it became by further
 * training, and what it was at a step of its training, which share its
 * tokenizer; and NAME.gguf, models of other architectures with their tokenizer
 * inside.
 */
#ifndef VIZ_APP_SOURCE_H
#define VIZ_APP_SOURCE_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"

#define SOURCE_EMBEDDED "embedded:"

/* The i-th embedded model's name for `path` and `model=`: the first is
 * "embedded".  False past the last, or where it does not fit. */
bool source_embedded(int i, char *out, size_t size);

/* What is to be opened, and where it goes.  path NULL or "embedded": the
 * embedded model; "embedded:NAME": another embedded one.  tokenizer_path NULL:
 * the one inside the model's file, beside it (tokenizer_find), or embedded with
 * it. */
typedef struct Source {
    const char *path, *tokenizer_path;
    const Watch *watch; /* NULL: nobody waits */
    Model *model;
    Tokenizer *tokenizer;
    ModelPrefetch reading; /* how far it is; zeroed at first */
} Source;

/* Whether that path is of one in the binary; of the one that is not named. */
bool source_is_embedded(const char *model_path);
bool source_is_first(const char *model_path);

/* Opens both to run them: the weights are read into memory.  On success the
 * caller closes both, the model last; on failure both are NULL.  A build
 * without a model says so in one plain line. */
bool source_open(Source *o, Err *err);

/* The same in steps, for who cannot wait: *more is false after the last one.
 * model and tokenizer are NULL at first. */
bool source_step(Source *o, bool *more, Err *err);

/* The model for looking at alone: model_peek. */
Model *source_peek(const char *model_path, Err *err);

/* Where a model that a deck names may be had, for -m: embedded, or in `dir`
 * under its name with an ending of a model's file; "" in out[size], and false:
 * nowhere.  dir NULL: embedded alone. */
bool source_find(const char *name, const char *dir, char *out, size_t size);

/* The two halves, for who needs only one.  A tokenizer that was found, not
 * given, is refused when the model was trained with another
 * (model_tokenizer_sum).  source_tokenizer takes the same
 * model_path that the model was opened with.  NULL and err on failure. */
Model *source_weights(const char *model_path, Err *err);
Tokenizer *source_tokenizer(const Model *model, const char *model_path,
                            const char *tokenizer_path, Err *err);

/* Whether the tokenizer that source_tokenizer would open is there, and where:
 * *place is the path, or words for what is no file of its own; borrowed from
 * its arguments and found [SOURCE_PATH_MAX].  False: none is, and err says what
 * was looked for. */
#define SOURCE_PATH_MAX 4096
bool source_find_tokenizer(const Model *model, const char *model_path,
                           const char *tokenizer_path,
                           char found[SOURCE_PATH_MAX], const char **place,
                           Err *err);

/* Refuses `out`, where something is to be saved, when it is one of the files
 * that the model or its tokenizer are read from, by whatever name.  The paths
 * are those that both were opened with; out NULL: nothing is saved. */
bool source_spare(const char *out, const Model *model, const char *model_path,
                  const char *tokenizer_path, Err *err);

#endif
