/* Asking whoever waits. */
#include "engine/base/watch.h"

bool watch_go_on(const Watch *w, uint64_t bytes, uint64_t total,
                 const char *name, Err *err) {
    if (!w || w->go_on(w->ud, bytes, total)) return true;
    return err_set(err, ERR_CANCELLED, 0, "%s: opening: stopped on request",
                   name);
}
