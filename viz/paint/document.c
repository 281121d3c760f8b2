/* The pages of PDF files: asked of a child process, which answers in a Reply
 * and, behind it, pixels. */
#include "viz/paint/document.h"

#include <stdlib.h>
#include <string.h>

#ifdef LLANTERN_POPPLER

#include "engine/base/clock.h"
#include "engine/base/file.h"

#include <cairo.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <poppler.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES_MAX 1000000
#define WHY_MAX   160

/* From the child; what it says is checked. */
typedef struct Reply {
    int32_t n_pages, w, h; /* w 0: no pixels follow */
    char why[WHY_MAX];     /* "": it is well */
} Reply;

/* ---- the child ----------------------------------------------------------- */

#ifdef __APPLE__
#define LIBRARY "libpoppler-glib.8.dylib"
#else
#define LIBRARY "libpoppler-glib.so.8"
#endif

/* What is called of it.  It is loaded by the child that needs it: a score of
 * libraries come with it, which would cost every start of the program. */
typedef struct Poppler {
    __typeof__(g_bytes_new_static) *bytes;
    __typeof__(poppler_document_new_from_bytes) *open;
    __typeof__(poppler_document_get_n_pages) *count;
    __typeof__(poppler_document_get_page) *page;
    __typeof__(poppler_page_get_size) *size;
    __typeof__(poppler_page_render) *render;
} Poppler;

static bool load(Poppler *p) {
    void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    const struct {
        const char *name;
        void *at;
    } all[] = {{"g_bytes_new_static", &p->bytes},
               {"poppler_document_new_from_bytes", &p->open},
               {"poppler_document_get_n_pages", &p->count},
               {"poppler_document_get_page", &p->page},
               {"poppler_page_get_size", &p->size},
               {"poppler_page_render", &p->render}};
    for (size_t i = 0; lib && i < sizeof all / sizeof *all; i++) {
        void *found = dlsym(lib, all[i].name);
        if (!found) return false;
        memcpy(all[i].at, &found, sizeof found);
    }
    return lib != NULL;
}

static bool write_all(int fd, const void *data, size_t n) {
    const char *at = data;
    while (n > 0) {
        const ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

/* More than it has now, whatever that is: a sanitizer's shadow is large. */
static void limit_memory(void) {
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    char line[64] = "";
    const bool known = f && fgets(line, sizeof line, f);
    if (f) fclose(f);
    if (known) pages = strtoull(line, NULL, 10);
    if (pages == 0) return;
    const rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) +
                        (rlim_t)DOCUMENT_MEMORY_MAX;
    setrlimit(RLIMIT_AS, &(struct rlimit){most, most});
}

static void limit(void) {
    const rlim_t s = (rlim_t)2 * DOCUMENT_SECONDS_MAX;
    setrlimit(RLIMIT_CPU, &(struct rlimit){s, s});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    limit_memory();
    const int none = open("/dev/null", O_WRONLY); /* poppler complains there */
    if (none >= 0) dup2(none, STDERR_FILENO);
    signal(SIGSEGV, SIG_DFL); /* ours are for the program itself */
    signal(SIGBUS, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
}

/* The page's pixels; NULL: reply says why. */
static cairo_surface_t *render(const Poppler *p, PopplerPage *page,
                               Reply *reply) {
    double w = 0, h = 0;
    p->size(page, &w, &h);
    if (!(w > 0 && h > 0 && w < 1e6 && h < 1e6)) {
        snprintf(reply->why, WHY_MAX, "the PDF has a page of %g x %g points", w,
                 h);
        return NULL;
    }
    const double scale = DOCUMENT_SIDE / fmax(w, h);
    reply->w = (int32_t)fmax(round(w * scale), 1);
    reply->h = (int32_t)fmax(round(h * scale), 1);
    cairo_surface_t *s =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, reply->w, reply->h);
    cairo_t *cr = cairo_create(s);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_scale(cr, scale, scale);
    p->render(page, cr);
    cairo_destroy(cr);
    cairo_surface_flush(s);
    return s;
}

/* page 0: none, how many there are alone. */
static void answer(int fd, const File *f, int number) {
    Reply reply = {0};
    GError *error = NULL;
    Poppler p;
    const bool is_loaded = load(&p);
    PopplerDocument *d =
        is_loaded ? p.open(p.bytes(f->data, f->size), NULL, &error) : NULL;
    cairo_surface_t *pixels = NULL;
    if (!d)
        snprintf(reply.why, WHY_MAX, "%s",
                 error       ? error->message
                 : is_loaded ? "the PDF cannot be read"
                             : "PDF: " LIBRARY " is not there");
    if (d) reply.n_pages = p.count(d);
    PopplerPage *page = d && number > 0 && number <= reply.n_pages
                            ? p.page(d, number - 1)
                            : NULL;
    if (page)
        pixels = render(&p, page, &reply);
    else if (d && number > 0)
        snprintf(reply.why, WHY_MAX, "the PDF has %d pages, need page %d",
                 reply.n_pages, number);
    if (!write_all(fd, &reply, sizeof reply) || !pixels) return;
    const size_t row = (size_t)cairo_image_surface_get_stride(pixels);
    const unsigned char *px = cairo_image_surface_get_data(pixels);
    for (int y = 0; px && y < reply.h; y++)
        if (!write_all(fd, px + (size_t)y * row, (size_t)reply.w * 4)) return;
}

/* ---- the caller ---------------------------------------------------------- */

typedef struct Child {
    pid_t pid;
    int fd;
    double until; /* clock_seconds */
} Child;

static bool fail(const char *path, const char *why, Err *err) {
    return err_set(err, ERR_FORMAT, 0, "%s: %s", path, why);
}

/* What cannot be in the child is gone before it begins. */
static bool start(Child *c, const File *f, int page, Err *err) {
    int ends[2];
    if (pipe(ends) != 0)
        return err_set(err, ERR_IO, 0, "%s: pipe: %s", f->path,
                       strerror(errno));
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC); /* another child has none of it */
    c->until = clock_seconds() + DOCUMENT_SECONDS_MAX;
    c->pid = fork();
    if (c->pid == 0) {
        close(ends[0]);
        limit();
        answer(ends[1], f, page);
        _exit(0);
    }
    close(ends[1]);
    c->fd = ends[0];
    if (c->pid > 0) return true;
    close(ends[0]);
    return err_set(err, ERR_IO, 0, "%s: fork: %s", f->path, strerror(errno));
}

static void stop(Child *c) {
    close(c->fd);
    kill(c->pid, SIGKILL); /* it has said all, or is late */
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* All n bytes in time. */
static bool receive(const Child *c, const char *path, void *out, size_t n,
                    Err *err) {
    char *at = out;
    while (n > 0) {
        const double left_s = c->until - clock_seconds();
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        const int ready = left_s > 0 ? poll(&p, 1, (int)(left_s * 1e3) + 1) : 0;
        if (ready == 0) return fail(path, "the PDF takes longer than 5 s", err);
        /* Read without one, it could wait for ever. */
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0)
            return err_set(err, ERR_IO, 0, "%s: poll: %s", path,
                           strerror(errno));
        const ssize_t got = read(c->fd, at, n);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0) return fail(path, "the PDF is damaged", err);
        at += got;
        n -= (size_t)got;
    }
    return true;
}

_Static_assert(DOCUMENT_SECONDS_MAX == 5, "the message says so");

static bool check(Reply *r, const char *path, Err *err) {
    r->why[WHY_MAX - 1] = '\0';
    if (r->why[0]) return fail(path, r->why, err);
    const bool ok = r->n_pages >= 1 && r->n_pages <= PAGES_MAX && r->w >= 0 &&
                    r->h >= 0 && r->w <= DOCUMENT_SIDE && r->h <= DOCUMENT_SIDE;
    return ok || fail(path, "the PDF has no pages", err);
}

/* out NULL: only how many pages there are. */
static bool ask(const char *path, int page, Pixmap *out, int *n_pages,
                Err *err) {
    File f;
    Child c;
    Reply r;
    if (!file_open(&f, path, DOCUMENT_BYTES_MAX, err)) return false;
    bool ok = start(&c, &f, page, err);
    if (ok) {
        ok = receive(&c, path, &r, sizeof r, err) && check(&r, path, err);
        if (ok && n_pages) *n_pages = r.n_pages;
        if (ok && out) {
            const size_t bytes = (size_t)r.w * (size_t)r.h * 4;
            *out = (Pixmap){malloc(bytes), r.w, r.h, r.w};
            ok = out->px ? bytes > 0 && receive(&c, path, out->px, bytes, err)
                         : err_memory(err, path, bytes);
        }
        stop(&c);
    }
    if (!ok && out) {
        free(out->px);
        *out = (Pixmap){0};
    }
    file_close(&f);
    return ok;
}

bool document_is_able(void) {
    return true;
}

bool document_pages(const char *path, int *n, Err *err) {
    return ask(path, 0, NULL, n, err);
}

bool document_page(Pixmap *out, const char *path, int page, Err *err) {
    *out = (Pixmap){0};
    return ask(path, page, out, NULL, err);
}

#else

bool document_is_able(void) {
    return false;
}

static bool refuse(const char *path, Err *err) {
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: PDF: this program was built without poppler", path);
}

bool document_pages(const char *path, int *n, Err *err) {
    *n = 0;
    return refuse(path, err);
}

bool document_page(Pixmap *out, const char *path, int page, Err *err) {
    (void)page;
    *out = (Pixmap){0};
    return refuse(path, err);
}

#endif
