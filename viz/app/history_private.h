/* What the History's list and its text share.  Not for anyone else. */
#ifndef VIZ_APP_HISTORY_PRIVATE_H
#define VIZ_APP_HISTORY_PRIVATE_H

#include "viz/app/history.h"

/* It fits, and a line holds it. */
bool history_can_keep(const char *name);

#endif
