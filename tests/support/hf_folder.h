/* HfFolder: a good folder from Hugging Face on disk, for damaging one of its
 * files.
 *
 *     static HfFolder folder;
 *     hf_folder_make(&folder, 2);   config.json, two shards and their index
 */
#ifndef TESTS_SUPPORT_HF_FOLDER_H
#define TESTS_SUPPORT_HF_FOLDER_H

#include "tests/support/folder.h"
#include "tests/support/tiny_model.h"

typedef struct HfFolder {
    char dir[FOLDER_PATH_MAX]; /* "": not made yet */
} HfFolder;

/* As small as every damage allows: the model in the folders. */
TinySpec hf_folder_spec(void);

/* Makes the folder with the model in n_parts files, unless it is made; it is
 * removed when the program ends.  Aborts when it cannot. */
void hf_folder_make(HfFolder *f, int n_parts);

/* An empty one, which is removed, too. */
void hf_folder_empty(HfFolder *f);

#endif
