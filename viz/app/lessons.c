/* The embedded decks, found in the table of what is embedded. */
#include "viz/app/lessons.h"

#include "assets/embed.h"

#include <stdio.h>
#include <string.h>

#define FOLDER "lessons/"
#define END    ".md"

/* The name's length, its start in *name; 0: it is no lesson. */
static size_t name_in(const Embed *e, const char **name) {
    const size_t n = strlen(e->name), n_folder = strlen(FOLDER);
    if (strncmp(e->name, FOLDER, n_folder) != 0 ||
        n <= n_folder + strlen(END) ||
        strcmp(e->name + n - strlen(END), END) != 0)
        return 0;
    *name = e->name + n_folder;
    return n - n_folder - strlen(END);
}

bool lessons_name(int i, char out[LESSONS_NAME_MAX]) {
    const char *name;
    for (const Embed *e = embed_table; e->name; e++) {
        const size_t n = name_in(e, &name);
        if (n == 0 || i-- > 0) continue;
        snprintf(out, LESSONS_NAME_MAX, "%.*s", (int)n, name);
        return true;
    }
    return false;
}

static const Embed *find(const char *wanted) {
    const char *name;
    for (const Embed *e = embed_table; e->name; e++) {
        const size_t n = name_in(e, &name);
        if (n > 0 && n == strlen(wanted) && memcmp(name, wanted, n) == 0)
            return e;
    }
    return NULL;
}

bool lessons_has(const char *name) {
    return find(name) != NULL;
}

static Deck *open_embedded(const Embed *e, Err *err) {
    return deck_open_memory(e->name, (const char *)e->begin,
                            (size_t)(e->end - e->begin), err);
}

/* "a, b or c" */
static void list_names(char *out, size_t size) {
    char name[LESSONS_NAME_MAX], next[LESSONS_NAME_MAX];
    size_t o = 0;
    out[0] = '\0';
    for (int i = 0; lessons_name(i, name) && o < size; i++) {
        const bool is_last = !lessons_name(i + 1, next);
        const char *before = i == 0 ? "" : is_last ? " or " : ", ";
        o += (size_t)snprintf(out + o, size - o, "%s%s", before, name);
    }
}

Deck *lessons_open(const char *name, Err *err) {
    char names[ERR_MSG_MAX];
    const Embed *e = find(name);
    if (e) return open_embedded(e, err);
    list_names(names, sizeof names);
    err_set(err, ERR_USAGE, 0, "lesson: found \"%s\", need %s", name,
            *names ? names : "a build with lessons in it");
    return NULL;
}

/* e NULL, or about another model: NULL without an error. */
static Deck *open_if_about(const Embed *e, const char *model, Err *err) {
    Deck *d = e ? open_embedded(e, err) : NULL;
    if (!d || deck_is_about(d, model)) return d;
    deck_close(d);
    return NULL;
}

Deck *lessons_about(const char *model, Err *err) {
    const char *name;
    Err own = {0};
    Deck *d = open_if_about(find(LESSONS_FIRST), model, &own);
    for (const Embed *e = embed_table; !d && own.code == ERR_NONE && e->name;
         e++)
        if (name_in(e, &name) > 0) d = open_if_about(e, model, &own);
    if (own.code != ERR_NONE) err_set(err, own.code, own.pos, "%s", own.msg);
    return d;
}
