/* What can be opened by its name: the table of what is embedded, and one
 * folder. */
#include "viz/app/offers.h"

#include "viz/app/lessons.h"
#include "viz/app/source.h"

#include "engine/base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add(Offers *o, OfferKind kind, const char *name) {
    if (o->n == OFFERS_MAX || strlen(name) >= STATE_PATH_MAX) return;
    Offer *to = &o->list[o->n++];
    to->kind = kind;
    snprintf(to->name, sizeof to->name, "%s", name);
}

static void add_embedded(Offers *o) {
    char lesson[LESSONS_NAME_MAX], model[STATE_PATH_MAX];
    for (int i = 0; lessons_name(i, lesson); i++)
        add(o, OFFER_LESSON, lesson);
    for (int i = 0; source_embedded(i, model, sizeof model); i++)
        add(o, OFFER_MODEL, model);
}

/* ---- a folder ------------------------------------------------------------ */

bool offers_path(const char *beside, const char *name, char *out, size_t size) {
    const int folder = (int)(file_name(beside) - beside);
    const int n = snprintf(out, size, "%.*s%s", folder, beside, name);
    return n > 0 && (size_t)n < size;
}

static bool ends_with(const char *name, const char *end) {
    const size_t n = strlen(name), n_end = strlen(end);
    return n > n_end && strcmp(name + n - n_end, end) == 0;
}

static bool begins_with(const char *name, const char *begin) {
    return strncmp(name, begin, strlen(begin)) == 0;
}

/* A folder from Hugging Face. */
static bool is_model_folder(const char *beside, const char *name) {
    char path[SOURCE_PATH_MAX], inside[STATE_PATH_MAX + 16];
    struct stat st;
    snprintf(inside, sizeof inside, "%s/config.json", name);
    return offers_path(beside, inside, path, sizeof path) &&
           stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_model(const char *beside, const char *name) {
    if (ends_with(name, ".gguf")) return true;
    if (ends_with(name, ".bin")) /* a tokenizer's file is none */
        return !ends_with(name, ".tok.bin") && !begins_with(name, "tok");
    return is_model_folder(beside, name);
}

static void add_file(Offers *o, const char *beside, const char *name) {
    if (name[0] == '.' || strlen(name) >= STATE_PATH_MAX) return;
    if (ends_with(name, ".md"))
        add(o, OFFER_DECK, name);
    else if (is_model(beside, name))
        add(o, OFFER_MODEL, name);
}

static int compare(const void *a, const void *b) {
    const Offer *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    return strcmp(x->name, y->name);
}

void offers_read(Offers *o, const char *beside) {
    char folder[SOURCE_PATH_MAX];
    *o = (Offers){0};
    add_embedded(o);
    if (!beside || !beside[0] ||
        !offers_path(beside, ".", folder, sizeof folder))
        return;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    for (int i = 0;
         dir && i < OFFERS_FILES_MAX && (entry = readdir(dir)) != NULL; i++)
        add_file(o, beside, entry->d_name);
    if (dir) closedir(dir);
    qsort(o->list, (size_t)o->n, sizeof *o->list, compare);
}
