/* Folder: a new, empty folder for a test's files.
 *
 *     char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
 *     folder_make(dir);
 *     folder_path(path, dir, "model.bin");
 *     ...
 *     folder_remove(dir);
 */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

#include <stddef.h>

#define FOLDER_PATH_MAX 512

/* Makes a folder under $TMPDIR or /tmp; aborts when it cannot. */
void folder_make(char dir[FOLDER_PATH_MAX]);

/* "dir/name". */
void folder_path(char out[FOLDER_PATH_MAX], const char *dir, const char *name);

/* How many entries have a name that ends in `suffix` ("" for all). */
int folder_count(const char *dir, const char *suffix);

/* Writes bytes to dir/name the plain way; aborts when it cannot. */
void folder_write(const char *dir, const char *name, const void *data,
                  size_t size);

/* Removes the folder and the files in it. */
void folder_remove(const char *dir);

#endif
