/* A short list of keys and values. */
#include "viz/views/pick.h"

#include <assert.h>
#include <stddef.h>

Pick pick_number(StateKey key, int number) {
    return (Pick){.parts = {{.key = key, .number = number}}, .n = 1};
}

Pick pick_word(StateKey key, const char *word) {
    return (Pick){.parts = {{.key = key, .word = word}}, .n = 1};
}

static int index_of(const Pick *p, StateKey key) {
    int i = 0;
    while (i < p->n && p->parts[i].key != key)
        i++;
    return i;
}

Pick pick_and(Pick a, Pick b) {
    for (int i = 0; i < b.n; i++) {
        int at = index_of(&a, b.parts[i].key);
        assert(at < PICK_MAX);
        a.parts[at] = b.parts[i];
        if (at == a.n) a.n++;
    }
    return a;
}

const PickPart *pick_find(const Pick *p, StateKey key) {
    int i = index_of(p, key);
    return i < p->n ? &p->parts[i] : NULL;
}

int pick_get(const Pick *p, StateKey key) {
    const PickPart *part = pick_find(p, key);
    assert(part);
    return part->number;
}

const char *pick_get_word(const Pick *p, StateKey key) {
    const PickPart *part = pick_find(p, key);
    assert(part);
    return part->word;
}
