/* The system tells its limits in half a dozen places; the least of them
 * counts. */
#define _DEFAULT_SOURCE /* for madvise */
#include "engine/base/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* The number that a file of the system begins with; UINT64_MAX where there is
 * no such file, or a word ("max") in it. */
static uint64_t number_in(const char *path) {
    char text[32];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return UINT64_MAX;
    const ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n < 1 || text[0] < '0' || text[0] > '9') return UINT64_MAX;
    text[n] = '\0';
    return strtoull(text, NULL, 10);
}

static uint64_t resource(int which) {
    struct rlimit limit;
    if (getrlimit(which, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur;
}

uint64_t memory_limit(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t limit = UINT64_MAX;
    if (pages > 0 && page > 0) limit = (uint64_t)pages * (uint64_t)page;
    /* Of a container, versions 2 and 1: its own group is the root there. */
    limit = least(limit, number_in("/sys/fs/cgroup/memory.max"));
    limit =
        least(limit, number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
    limit = least(limit, resource(RLIMIT_AS));
    return least(limit, resource(RLIMIT_DATA));
}

uint64_t memory_for_model(void) {
    const uint64_t limit = memory_limit();
    return limit - limit / 16;
}

#define LARGE_PAGE ((size_t)2 << 20) /* bytes */
#define CACHE_LINE 64

void memory_prefer_large_pages(void *p, size_t bytes) {
#ifdef MADV_HUGEPAGE
    const size_t skip = -(uintptr_t)p % LARGE_PAGE;
    if (bytes >= 2 * LARGE_PAGE)
        (void)madvise((char *)p + skip,
                      (bytes - skip) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#else
    (void)p, (void)bytes;
#endif
}

void *memory_alloc(size_t bytes) {
    const size_t align = bytes >= 2 * LARGE_PAGE ? LARGE_PAGE : CACHE_LINE;
    if (bytes > SIZE_MAX - align) return NULL;
    const size_t all = (bytes + align - 1) / align * align;
    void *p = aligned_alloc(align, all);
    if (p) memory_prefer_large_pages(p, all); /* its end, too */
    return p;
}

/* What is allocated here is sized by the limits of spec/config.h, far below
 * overflow. */
size_t memory_line_floats(size_t n) {
    const size_t line = MEMORY_LINE_BYTES / sizeof(float);
    return (n + line - 1) / line * line;
}

float *memory_floats(size_t n) {
    return aligned_alloc(MEMORY_LINE_BYTES,
                         memory_line_floats(n) * sizeof(float));
}
