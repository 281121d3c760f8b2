/* Files: whole contents in, whole contents out.
 *
 * Reading: a regular file up to FILE_MAP_MIN bytes is read into memory, a
 * larger one is mapped read-only.  Writing a plain file is atomic: at any
 * moment it is either the whole old file or the whole new one.
 *
 * Does NOT know any format, and leaves signal handling alone: main ignores
 * SIGXFSZ and SIGPIPE, so that a full quota is an error here, not a death; and
 * it handles SIGBUS, what reading a mapped file past a new end leads to.
 */
#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include "engine/base/err.h"

#include <stdint.h>

#define FILE_SIZE_MAX   (64ull << 30) /* bytes; larger files are refused */
#define FILE_MAP_MIN    (32ull << 20) /* bytes; from here on mapped, not read */
#define FILE_NUMBER_MAX 9999          /* of file_save_numbered */

typedef struct File {
    const uint8_t *data; /* 64-byte aligned, unless borrowed */
    size_t size;         /* bytes */
    char *path;          /* as given; for messages */
    bool mapped;
    bool borrowed; /* data belongs to someone else (embedded bytes) */
    /* What a mapped file was when it was opened. */
    uint64_t device, inode;
    int64_t changed_s, changed_ns;
} File;

/* Opens path, which must be a regular file of 1..max_size bytes.  On failure
 * *f is zeroed.  Free with file_close. */
bool file_open(File *f, const char *path, uint64_t max_size, Err *err);

/* The same, but mapped whatever its size: for a look at a part of it. */
bool file_map(File *f, const char *path, uint64_t max_size, Err *err);

/* A File over bytes that stay alive and constant (the binary's own), aligned
 * as malloc aligns.  `name` stands for the path in messages. */
bool file_borrow(File *f, const char *name, const void *data, size_t size,
                 Err *err);

/* False, with a message, when a mapped file has been written to or cut off
 * since it was opened.  (One that was replaced by renaming, or deleted, is
 * still whole: the map holds it.)  A few microseconds. */
bool file_check(const File *f, Err *err);

/* Accepts a zeroed File; leaves it zeroed. */
void file_close(File *f);

/* The part of a path after its last slash: "" when it ends in one. */
const char *file_name(const char *path);

/* Writes data where path leads.
 *
 * "-" is standard output, /dev/fd/N and the like this process's descriptor N,
 * and a device or a pipe gets the bytes (a named pipe waits for its reader).
 * Symbolic links are followed and stay, also those to nothing yet.
 *
 * A plain file is written atomically: a temporary ".NAME.PID.tmp" beside it
 * (O_EXCL; a long NAME is hashed), full write, fsync, close, rename, fsync of
 * the folder.  Mode and owner of a file that was there stay.  Leftovers of dead
 * processes for the same NAME are removed first; so a process saves one NAME at
 * a time.  What has other names (hard links), an owner that we cannot give, or
 * stands where nothing can be made, is written in place instead: a full disk
 * still leaves it as it was, a kill may leave it half.  A file whose mode says
 * that it is write-protected is refused, to root, too.
 *
 * On error the temporary is removed, an atomically written file is the old one,
 * and err names path and says what failed and why; ERR_CLOSED: the reader of a
 * pipe went away. */
bool file_save(const char *path, const void *data, size_t size, Err *err);

/* Whether file_save could now write `size` bytes to path: the name, the folder,
 * what may be written, and space, of which `room` bytes shall be free in all
 * (for other files, too).  Leaves nothing behind. */
bool file_save_check(const char *path, uint64_t size, uint64_t room, Err *err);

/* True when path leads to what standard output is, as "-" does. */
bool file_is_stdout(const char *path);

/* True when both paths lead to one plain file, by whatever names. */
bool file_is_same(const char *a, const char *b);

/* As file_save, under the first free name among STEM-001.EXT, STEM-002.EXT ...
 * in folder dir.  Two processes never get the same name.  The path written is
 * put into out[out_size]. */
bool file_save_numbered(const char *dir, const char *stem, const char *ext,
                        const void *data, size_t size, char *out,
                        size_t out_size, Err *err);

#endif
