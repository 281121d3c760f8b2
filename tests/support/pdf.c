#include "tests/support/pdf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS_MAX 64
#define BYTES_MAX   65536

typedef struct Pdf {
    char text[BYTES_MAX];
    size_t n, at[OBJECTS_MAX]; /* where objects begin, from 1 */
    int n_objects;
} Pdf;

static void put(Pdf *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void put(Pdf *p, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(p->text + p->n, BYTES_MAX - p->n, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= BYTES_MAX - p->n) abort();
    p->n += (size_t)n;
}

static void begin(Pdf *p) {
    if (p->n_objects + 1 == OBJECTS_MAX) abort();
    p->at[++p->n_objects] = p->n;
    put(p, "%d 0 obj\n", p->n_objects);
}

static void put_stream(Pdf *p, const char *dict, const char *contents) {
    begin(p);
    put(p, "<<%s /Length %zu>>\nstream\n%s\nendstream\nendobj\n", dict,
        strlen(contents), contents);
}

static void save(Pdf *p, const char *dir, const char *name) {
    const size_t from = p->n;
    put(p, "xref\n0 %d\n0000000000 65535 f \n", p->n_objects + 1);
    for (int i = 1; i <= p->n_objects; i++)
        put(p, "%010zu 00000 n \n", p->at[i]);
    put(p, "trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n",
        p->n_objects + 1, from);
    folder_write(dir, name, p->text, p->n);
    free(p);
}

/* Objects 1 and 2, of n pages that are objects 3, 5, 7 ... */
static Pdf *open_pages(int n) {
    Pdf *p = calloc(1, sizeof *p);
    if (!p) abort();
    put(p, "%%PDF-1.4\n");
    begin(p);
    put(p, "<</Type /Catalog /Pages 2 0 R>>\nendobj\n");
    begin(p);
    put(p, "<</Type /Pages /Count %d /Kids [", n);
    for (int i = 0; i < n; i++)
        put(p, "%d 0 R ", 3 + 2 * i);
    put(p, "]>>\nendobj\n");
    return p;
}

static void put_page(Pdf *p, const char *box, const char *resources,
                     const char *contents) {
    begin(p);
    put(p,
        "<</Type /Page /Parent 2 0 R /MediaBox [%s] /Resources <<%s>> "
        "/Contents %d 0 R>>\nendobj\n",
        box, resources, p->n_objects + 1);
    put_stream(p, "", contents);
}

void pdf_write(const char *dir, const char *name, int n) {
    static const char *const colors[] = {"1 0 0", "0 1 0", "0 0 1"};
    char contents[120];
    Pdf *p = open_pages(n);
    for (int i = 0; i < n; i++) {
        snprintf(contents, sizeof contents,
                 "0 0 0 rg 0 0 400 300 re f %s rg 20 20 360 260 re f",
                 colors[i % 3]);
        put_page(p, "0 0 400 300", "", contents);
    }
    save(p, dir, name);
}

void pdf_write_page(const char *dir, const char *name, const char *contents,
                    const char *box) {
    Pdf *p = open_pages(1);
    put_page(p, box, "", contents);
    save(p, dir, name);
}

void pdf_write_endless(const char *dir, const char *name) {
    char dict[160], contents[400] = "";
    Pdf *p = open_pages(1);
    put_page(p, "0 0 400 300", "/XObject <</F 5 0 R>>", "/F Do");
    for (int i = 0; i < 10; i++)
        strncat(contents, "/F Do 0 0 400 300 re f ",
                sizeof contents - strlen(contents) - 1);
    for (int i = 0; i < 12; i++) {
        snprintf(dict, sizeof dict,
                 "/Type /XObject /Subtype /Form /BBox [0 0 400 300] "
                 "/Resources <</XObject <</F %d 0 R>>>>",
                 6 + i);
        put_stream(p, dict, contents);
    }
    put_stream(p, "/Type /XObject /Subtype /Form /BBox [0 0 400 300]",
               "0 0 400 300 re f");
    save(p, dir, name);
}
