/* Roles: what the heads of a model do over the world's stories, as `evaluate`
 * measures it (head_table.h), on the same held-out stories.
 *
 *     RolesOptions o = {.model = m, .tokenizer = t, .world = w,
 *                       .on = ROLES_ON_ALL, .n = HEAD_TABLE_STORIES};
 *     Roles *r = roles_open(&o, &err);
 *     while (!roles_read(r, watch, &err) && err.code == ERR_CANCELLED) ...
 *     float s = roles_score(r, layer, head, role);
 *     roles_close(r);
 *
 * What is stopped goes on from the story that was being read, to the same
 * scores.  Does NOT lock, or keep what was measured of other models; RolesKept
 * does, for a study.
 */
#ifndef VIZ_APP_ROLES_H
#define VIZ_APP_ROLES_H

#include "engine/study/study.h"
#include "engine/world/world.h"
#include "viz/app/head_table.h"

/* What is measured; each has its own stretch of the way, so less is sooner. */
typedef enum RolesOn {
    ROLES_ON_STORIES, /* all but two */
    ROLES_ON_NAMES,   /* and recall: where in them a name must come next */
    ROLES_ON_REPEATS, /* induction alone */
    ROLES_ON_ALL
} RolesOn;

typedef struct RolesOptions {
    const Model *model; /* these are borrowed */
    const Tokenizer *tokenizer;
    const World *world;
    RolesOn on;
    int n;         /* stories */
    int n_layers;  /* whose heads are measured, the first of them; 0: all */
    int n_threads; /* 0: one per core */
} RolesOptions;

typedef struct Roles Roles;

/* NULL and err when out of memory. */
Roles *roles_open(const RolesOptions *o, Err *err);
void roles_close(Roles *r); /* NULL is fine */

/* Reads on; true: all is read.  False and ERR_CANCELLED: the watch stopped it,
 * which is asked before each layer; another error is final. */
bool roles_read(Roles *r, SessionWatch watch, Err *err);

float roles_score(const Roles *r, int layer, int head, HeadRole role);

/* What is measured for studies, a model at a time; what was measured is kept of
 * the last few models, by their checksums.  Zeroed: nothing yet. */
#define ROLES_KEPT_MAX 16
typedef struct RolesKept {
    Roles *reading; /* NULL: nothing is */
    uint64_t of;    /* the checksum of what it reads */
    struct {
        StudyRoles *roles; /* NULL: none */
        uint64_t of;
    } list[ROLES_KEPT_MAX];
    int n; /* measured so far: the oldest of them goes */
} RolesKept;

/* Those of a model over HEAD_TABLE_STORIES stories, borrowed until the next
 * call; NULL and an error as of roles_read. */
const StudyRoles *roles_keep(RolesKept *k, const World *w, const Tokenizer *t,
                             const Model *m, SessionWatch watch, Err *err);
void roles_forget(RolesKept *k);

#endif
