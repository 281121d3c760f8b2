/* Outputs: the files that a training writes: FILE.bin or, of models that
 * llama2.c has no files for, FILE.gguf, the model; FILE.tok.bin,
 * its tokenizer; FILE.ckpt, its checkpoint; and, for a series, a folder of
 * models with steps.tsv and tokenizer.bin.
 *
 *     Outputs o;
 *     outputs_name(&o, &(OutputsNames){"tale.bin", ".bin", "series"}, &err)
 *     outputs_spare(&o, is_forced, &err)               // before long work
 *     outputs_check(&o, &(OutputsNeed){...}, is_forced, &err)
 *     outputs_begin(&o, tokenizer, size, &err)         // the first that writes
 *
 * Files of one name belong together.  What is there already is only written
 * over by who goes on with it (--resume) or says so (--force); then the old
 * model and checkpoint go before another tokenizer comes, so that whatever
 * ends the program never leaves the one with the other.
 */
#ifndef VIZ_CLI_TRAIN_OUTPUTS_H
#define VIZ_CLI_TRAIN_OUTPUTS_H

#include "engine/base/err.h"

#include <limits.h>
#include <stdint.h>

typedef struct Outputs {
    char model[PATH_MAX], tokenizer[PATH_MAX], ckpt[PATH_MAX];
    const char *end;    /* of models' names: ".bin", ".gguf" */
    const char *folder; /* of the series; NULL: none */
    char folder_tokenizer[PATH_MAX], folder_steps[PATH_MAX];
    bool goes_on;   /* ckpt is the one that is resumed */
    bool is_resume; /* some checkpoint is */
} Outputs;

typedef struct OutputsNames {
    const char *out;    /* NULL: after the checkpoint `resume` or, without one,
                           "model" */
    const char *end;    /* of models' names */
    const char *folder; /* of the series; NULL: none */
    const char *resume; /* NULL: nothing is */
} OutputsNames;

/* Names them; ".bin", ".gguf" or ".ckpt" of out is replaced.  Refuses what is
 * no name for several files: standard output, folders, devices. */
bool outputs_name(Outputs *o, const OutputsNames *names, Err *err);

/* Refuses `input`, the "text" or "model" that is read, among the outputs.
 * NULL: there is none. */
bool outputs_differ(const Outputs *o, const char *input, const char *what,
                    Err *err);

/* Refuses to write over the model or the checkpoint of another training. */
bool outputs_spare(const Outputs *o, bool is_forced, Err *err);

/* What will be written. */
typedef struct OutputsNeed {
    const void *tokenizer; /* bytes of its file */
    size_t tokenizer_size;
    uint64_t model_size, ckpt_size; /* bytes, or a little more */
    int n_series;                   /* models in the folder */
} OutputsNeed;

/* Whether all of it can be written: names, folders, modes, space, and that a
 * tokenizer or a series that is there is the same one, unless is_forced.
 * Leaves nothing behind. */
bool outputs_check(const Outputs *o, const OutputsNeed *need, bool is_forced,
                   Err *err);

/* Makes the folder, removes what outputs_check found to belong to another
 * training, and writes the tokenizer. */
bool outputs_begin(const Outputs *o, const void *tokenizer, size_t size,
                   Err *err);

/* Writes a line "step<TAB>text" into steps.tsv.  Lines of this step and of
 * later ones are those of a training that was killed since its last checkpoint,
 * and go. */
bool outputs_add_step(const char *path, int step, const char *text, Err *err);

#endif
