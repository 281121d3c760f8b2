/* The table of views, in the order of their keys. */
#include "viz/views/view.h"

#include <string.h>

#define VIEW_ADDRESS(NAME) &view_##NAME,
static const View *const views[] = {VIEW_LIST(VIEW_ADDRESS)};
enum { N_VIEWS = sizeof views / sizeof *views };

int view_count(void) {
    return N_VIEWS;
}

const View *view_at(int i) {
    return i >= 0 && i < N_VIEWS ? views[i] : NULL;
}

const View *view_find(const char *name) {
    for (int i = 0; i < N_VIEWS; i++)
        if (strcmp(views[i]->name, name) == 0) return views[i];
    return NULL;
}

int view_op(const View *v, const char *name) {
    for (int i = 0; i < v->n_ops; i++)
        if (strcmp(v->ops[i].name, name) == 0) return i;
    return -1;
}

int view_order(const View *v, const char *name) {
    for (int i = 0; i < v->n_orders; i++)
        if (strcmp(v->orders[i], name) == 0) return i;
    return -1;
}
