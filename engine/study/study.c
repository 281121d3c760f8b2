/* The table of numbers: found by a hash of the key, each in one of the lists,
 * the wanted ones in the order wanted, the kept ones from the one asked for
 * least recently to the last.  All of it is fixed in size, so that asking
 * allocates nothing; the values are on the heap.
 *
 * One mutex guards the table.  It is not held while numbers are made: those are
 * in a list of their own, and only the thread that makes frees kept values, so
 * what it makes one number from another stays.  (What is of the sampler is
 * freed by the thread that asks; nothing is made from that.) */
#include "engine/study/study_private.h"

#include "engine/base/num.h"
#include "engine/spec/arch.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS  STUDY_KEYS_MAX
#define KEPT_MAX (STUDY_KEYS_MAX / 4 * 3) /* the rest is for wanted ones */

typedef enum EntryState { FREE, WANTED, AHEAD, MAKING, KEPT } EntryState;

typedef struct Entry {
    StudyKey key;
    EntryState state;
    bool outdated;    /* while being made: make it again */
    uint64_t frame;   /* that asked for it last; 0: none, or ahead */
    void *value;      /* KEPT; NULL: there is none */
    uint64_t bytes;   /* of the value */
    int next;         /* in its bucket or among the free ones; 0: the last */
    int older, newer; /* in its list; 0: none */
} Entry;

/* Indices of entries; entry 0 is none. */
typedef struct List {
    int oldest, newest;
} List;

struct Study {
    const Trace *trace;
    uint64_t budget_bytes;
    SamplerIds ids; /* that may come next */
    SessionWatch watch;
    Team *team;                       /* of who makes, */
    Session *sessions[STUDY_AT_ONCE]; /* too */

    pthread_mutex_t lock; /* guards all below */
    SamplerParams sampler;
    uint64_t seed;
    const Tokenizer *tokenizer;
    StudyTeller teller;
    char word[STUDY_WORD_MAX];
    Shape shape;
    uint64_t frame;
    bool is_whole;  /* the frame, so far */
    Entry *entries; /* [STUDY_KEYS_MAX + 1] */
    int *buckets;   /* [BUCKETS] */
    int n_used;     /* entries ever used */
    int free_entry; /* of those, the first free one */
    List wanted, ahead, making, kept;
    bool asks_ahead;   /* who asks, see study_ask_ahead, */
    bool lacked_ahead; /* and something was missing */
    StudyStats stats;

    /* Of who makes: in place of rows for what was stopped; runs kept. */
    float *blank; /* [n_blank] of zeros */
    size_t n_blank;
    Branches branches;
    uint64_t branch_bytes; /* of those, for who asks: guarded */
};

#define STUDY_KIND_ROW(NAME, name) [STUDY_##NAME] = &study_kind_##name,
static const StudyKindInfo *const kinds[STUDY_KINDS] = {
    STUDY_KINDS_LIST(STUDY_KIND_ROW)};

/* ---- lists and the table ------------------------------------------------- */

static void list_append(Study *s, List *list, int at) {
    Entry *e = &s->entries[at];
    e->newer = 0;
    e->older = list->newest;
    if (list->newest) s->entries[list->newest].newer = at;
    list->newest = at;
    if (!list->oldest) list->oldest = at;
}

static void list_remove(Study *s, List *list, int at) {
    Entry *e = &s->entries[at];
    if (e->older)
        s->entries[e->older].newer = e->newer;
    else
        list->oldest = e->newer;
    if (e->newer)
        s->entries[e->newer].older = e->older;
    else
        list->newest = e->older;
}

/* FNV-1a over the fields. */
static unsigned bucket_of(StudyKey k) {
    const int fields[] = {(int)k.kind, (int)k.site, k.layer, k.pos,
                          k.index,     k.a,         k.b};
    uint64_t h = 14695981039346656037u;
    for (int i = 0; i < 7; i++)
        h = (h ^ (unsigned)fields[i]) * 1099511628211u;
    return (unsigned)((h ^ h >> 32) % BUCKETS);
}

static bool same_key(StudyKey a, StudyKey b) {
    return a.kind == b.kind && a.site == b.site && a.layer == b.layer &&
           a.pos == b.pos && a.index == b.index && a.a == b.a && a.b == b.b;
}

static int find(const Study *s, StudyKey key) {
    int at = s->buckets[bucket_of(key)];
    while (at && !same_key(s->entries[at].key, key))
        at = s->entries[at].next;
    return at;
}

/* A new entry in no list; 0 when all are in use. */
static int add(Study *s, StudyKey key) {
    int at = s->free_entry, *bucket = &s->buckets[bucket_of(key)];
    if (at)
        s->free_entry = s->entries[at].next;
    else if (s->n_used < STUDY_KEYS_MAX)
        at = ++s->n_used;
    else
        return 0;
    s->entries[at] = (Entry){.key = key, .next = *bucket};
    *bucket = at;
    return at;
}

static void free_value(Study *s, Entry *e) {
    void (*close)(void *) = kinds[e->key.kind]->close;
    if (e->value) (close ? close : free)(e->value);
    s->stats.bytes -= e->bytes;
    e->value = NULL;
    e->bytes = 0;
}

static List *list_of(Study *s, const Entry *e) {
    return e->state == KEPT     ? &s->kept
           : e->state == MAKING ? &s->making
           : e->state == AHEAD  ? &s->ahead
                                : &s->wanted;
}

/* From the list where it is to another. */
static void put(Study *s, int at, EntryState state) {
    Entry *e = &s->entries[at];
    list_remove(s, list_of(s, e), at);
    e->state = state;
    list_append(s, list_of(s, e), at);
}

/* Takes an entry out of its list and the table. */
static void drop(Study *s, int at) {
    Entry *e = &s->entries[at];
    int *link = &s->buckets[bucket_of(e->key)];
    list_remove(s, list_of(s, e), at);
    while (*link != at)
        link = &s->entries[*link].next;
    *link = e->next;
    if (e->state == KEPT) {
        free_value(s, e);
        s->stats.n_kept--;
    }
    *e = (Entry){.next = s->free_entry};
    s->free_entry = at;
}

/* ---- open, close --------------------------------------------------------- */

Study *study_open(const Trace *t, uint64_t budget_bytes, Err *err) {
    const size_t size = (STUDY_KEYS_MAX + 1) * sizeof(Entry);
    Study *s = calloc(1, sizeof *s);
    if (!s) {
        err_memory(err, "numbers to be made", sizeof *s);
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    s->trace = t;
    s->budget_bytes = budget_bytes;
    s->branches.budget = budget_bytes / BRANCHES_PART;
    s->ids.n = trace_config(t)->vocab_size;
    s->entries = calloc(1, size);
    s->buckets = calloc(BUCKETS, sizeof *s->buckets);
    s->team = team_open(0, err);
    if (!s->entries || !s->buckets) {
        err_memory(err, "numbers to be made", size);
        study_close(s);
        return NULL;
    }
    if (!s->team) {
        study_close(s);
        return NULL;
    }
    return s;
}

static void close_sessions(Study *s) {
    for (int i = 0; i < STUDY_AT_ONCE; i++) {
        session_close(s->sessions[i]);
        s->sessions[i] = NULL;
    }
}

void study_close(Study *s) {
    if (!s) return;
    while (s->kept.oldest)
        drop(s, s->kept.oldest);
    branches_close(&s->branches);
    pthread_mutex_destroy(&s->lock);
    team_close(s->team);
    close_sessions(s);
    free(s->entries);
    free(s->buckets);
    free(s->blank);
    free(s);
}

/* ---- asking -------------------------------------------------------------- */

void study_frame(Study *s) {
    pthread_mutex_lock(&s->lock);
    s->frame++;
    s->is_whole = true;
    pthread_mutex_unlock(&s->lock);
}

bool study_is_whole(Study *s) {
    pthread_mutex_lock(&s->lock);
    bool whole = s->is_whole;
    pthread_mutex_unlock(&s->lock);
    return whole;
}

static bool is_of_sampler(const StudyKindInfo *kind) {
    return kind->of_sampler;
}

static bool is_of_word(const StudyKindInfo *kind) {
    return kind->of_word;
}

static bool is_of_shape(const StudyKindInfo *kind) {
    return kind->of_shape;
}

/* What was made with the former setting is made again when asked for. */
static void forget_made_of(Study *s, bool (*is_of)(const StudyKindInfo *)) {
    for (int at = s->making.oldest; at; at = s->entries[at].newer)
        if (is_of(kinds[s->entries[at].key.kind]))
            s->entries[at].outdated = true;
    for (int at = s->kept.oldest, newer; at; at = newer) {
        newer = s->entries[at].newer;
        if (is_of(kinds[s->entries[at].key.kind])) drop(s, at);
    }
}

void study_set_vocabulary(Study *s, SamplerIds ids) {
    assert(ids.n > 0 && ids.n <= trace_config(s->trace)->vocab_size);
    s->ids = ids;
}

void study_set_tokenizer(Study *s, const Tokenizer *t) {
    pthread_mutex_lock(&s->lock);
    s->tokenizer = t;
    pthread_mutex_unlock(&s->lock);
}

void study_set_teller(Study *s, StudyTeller teller) {
    pthread_mutex_lock(&s->lock);
    s->teller = teller;
    pthread_mutex_unlock(&s->lock);
}

void study_set_watch(Study *s, SessionWatch watch) {
    s->watch = watch;
}

void study_set_word(Study *s, const char *word) {
    assert(strlen(word) < STUDY_WORD_MAX);
    pthread_mutex_lock(&s->lock);
    if (strcmp(word, s->word) != 0) {
        memcpy(s->word, word, strlen(word) + 1);
        forget_made_of(s, is_of_word);
    }
    pthread_mutex_unlock(&s->lock);
}

void study_set_shape(Study *s, const Shape *shape) {
    pthread_mutex_lock(&s->lock);
    if (memcmp(shape, &s->shape, sizeof *shape) != 0) {
        s->shape = *shape;
        forget_made_of(s, is_of_shape);
    }
    pthread_mutex_unlock(&s->lock);
}

void study_set_sampler(Study *s, const SamplerParams *p, uint64_t seed) {
    pthread_mutex_lock(&s->lock);
    const SamplerParams *q = &s->sampler;
    bool same = p->temperature == q->temperature && p->top_k == q->top_k &&
                p->top_p == q->top_p && p->min_p == q->min_p && seed == s->seed;
    if (!same) {
        s->sampler = *p;
        s->seed = seed;
        forget_made_of(s, is_of_sampler);
    }
    pthread_mutex_unlock(&s->lock);
}

static int want(Study *s, StudyKey key) {
    int at = add(s, key);
    if (!at) return 0;
    s->entries[at].state = s->asks_ahead ? AHEAD : WANTED;
    list_append(s, list_of(s, &s->entries[at]), at);
    return at;
}

/* A kept one moves to the end of those to go.  Who asks ahead makes nothing
 * more urgent. */
static void note_asked(Study *s, int at) {
    Entry *e = &s->entries[at];
    if (e->state == KEPT || !s->asks_ahead) e->frame = s->frame;
    if (e->state == KEPT) put(s, at, KEPT);
    if (e->state == AHEAD && !s->asks_ahead) put(s, at, WANTED);
}

const void *study_get(Study *s, StudyKey key, bool *missing) {
    const void *value = NULL;
    pthread_mutex_lock(&s->lock);
    int at = find(s, key);
    if (!at) at = want(s, key);
    if (at) {
        note_asked(s, at);
        value = s->entries[at].value;
    }
    *missing = at && s->entries[at].state != KEPT;
    if (*missing && s->asks_ahead) s->lacked_ahead = true;
    if (*missing && !s->asks_ahead) s->is_whole = false;
    pthread_mutex_unlock(&s->lock);
    return value;
}

static StudyKey row_key(const Trace *t, Site site, int layer, int pos) {
    return (StudyKey){
        .kind = STUDY_ROW,
        .site = site,
        .layer = site_info(site)->per_layer ? layer : trace_config(t)->n_layers,
        .pos = pos};
}

const float *study_row(Study *s, Site site, int layer, int pos) {
    bool missing;
    const float *row = trace_find(s->trace, site, layer, pos);
    if (row || !arch_op(trace_config(s->trace)->arch, site)) return row;
    return study_get(s, row_key(s->trace, site, layer, pos), &missing);
}

/* Locked.  What is being made is so for who asks ahead alone. */
static bool makes_ahead(const Study *s) {
    int at = s->making.oldest;
    while (at && s->entries[at].frame == 0)
        at = s->entries[at].newer;
    return at == 0;
}

bool study_is_settled(Study *s) {
    pthread_mutex_lock(&s->lock);
    bool settled = !s->wanted.oldest && makes_ahead(s);
    pthread_mutex_unlock(&s->lock);
    return settled;
}

bool study_ask_ahead(Study *s) {
    pthread_mutex_lock(&s->lock);
    while (s->ahead.oldest)
        drop(s, s->ahead.oldest);
    s->asks_ahead = true;
    s->lacked_ahead = false;
    pthread_mutex_unlock(&s->lock);
    return true;
}

bool study_end_ahead(Study *s) {
    pthread_mutex_lock(&s->lock);
    const bool lacked = s->lacked_ahead;
    s->asks_ahead = false;
    pthread_mutex_unlock(&s->lock);
    return !lacked;
}

bool study_is_ahead(Study *s) {
    pthread_mutex_lock(&s->lock);
    bool ahead = !s->ahead.oldest && !s->making.oldest;
    pthread_mutex_unlock(&s->lock);
    return ahead;
}

StudyStats study_stats(Study *s) {
    pthread_mutex_lock(&s->lock);
    StudyStats stats = s->stats;
    stats.n_frames = s->frame;
    stats.bytes += s->branch_bytes;
    pthread_mutex_unlock(&s->lock);
    stats.budget_bytes = s->budget_bytes;
    return stats;
}

/* ---- making -------------------------------------------------------------- */

/* The frames that asked last may still show it. */
static bool is_in_use(const Study *s, const Entry *e) {
    return e->frame > 0 && e->frame + STUDY_FRAMES > s->frame;
}

/* Back to the budget, the least recently asked for first. */
static void make_room(Study *s) {
    for (int at = s->kept.oldest, newer; at; at = newer) {
        if (s->stats.bytes + s->branch_bytes <= s->budget_bytes &&
            s->stats.n_kept <= KEPT_MAX)
            return;
        newer = s->entries[at].newer;
        if (!is_in_use(s, &s->entries[at])) drop(s, at);
    }
}

static void keep(Study *s, int at, void *value, uint64_t bytes) {
    Entry *e = &s->entries[at];
    e->value = value;
    e->bytes = value ? bytes : 0;
    e->state = KEPT;
    s->stats.bytes += e->bytes;
    s->stats.n_kept++;
    s->stats.n_made[e->key.kind]++;
    s->stats.n_sorts += kinds[e->key.kind]->sorts;
    list_append(s, &s->kept, at);
}

/* Locked.  The last frames show something else, which waits. */
static bool is_passed_over(const Study *s) {
    int at = s->wanted.oldest;
    for (int i = s->making.oldest; i; i = s->entries[i].newer)
        if (s->entries[i].frame + 2 > s->frame) return false;
    while (at && s->entries[at].frame + 2 <= s->frame)
        at = s->entries[at].newer;
    return at != 0;
}

static bool work_goes_on(const StudyWork *w) {
    Study *s = w->study;
    if (*w->stopped) return false;
    pthread_mutex_lock(&s->lock);
    const bool passed_over = is_passed_over(s);
    pthread_mutex_unlock(&s->lock);
    *w->stopped =
        passed_over || (s->watch.go_on && !s->watch.go_on(s->watch.ud));
    return !*w->stopped;
}

/* Zeros, as many as the longest row has; NULL: no memory. */
static const float *blank_row(Study *s) {
    const Config *c = trace_config(s->trace);
    const int heads = num_max(num_max(trace_n_pos(s->trace), c->head_dim), 1);
    const int longest = num_max(c->vocab_size, num_max(c->hidden_dim, c->dim));
    const size_t of_heads = (size_t)c->n_heads * (size_t)heads;
    const size_t n = of_heads > (size_t)longest ? of_heads : (size_t)longest;
    if (n > s->n_blank) {
        free(s->blank);
        s->blank = calloc(n, sizeof *s->blank);
        s->n_blank = s->blank ? n : 0;
    }
    return s->blank;
}

static void *make_value(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const StudyKindInfo *kind = kinds[key.kind];
    if (kind->of_logits && !arch_predicts(trace_config(w->trace)->arch))
        return NULL;
    return kind->make(w, key, bytes);
}

/* Puts a number that something else is made from beside those asked for, to
 * save the next one from making it again. */
static const void *work_made(const StudyWork *w, StudyKey key) {
    Study *s = w->study;
    pthread_mutex_lock(&s->lock);
    int at = find(s, key);
    const bool is_kept = at && s->entries[at].state == KEPT;
    const void *kept = at ? s->entries[at].value : NULL;
    pthread_mutex_unlock(&s->lock);
    if (is_kept) return kept;
    if (!work_goes_on(w)) return NULL;

    uint64_t bytes = 0;
    void *made = make_value(w, key, &bytes);
    void (*close)(void *) = kinds[key.kind]->close;
    if (made && *w->stopped) {
        (close ? close : free)(made);
        return NULL;
    }
    pthread_mutex_lock(&s->lock);
    at = find(s, key); /* it may have been asked for meanwhile */
    if (made && at) list_remove(s, list_of(s, &s->entries[at]), at);
    if (made && !at) at = add(s, key);
    if (made && at) {
        make_room(s);
        keep(s, at, made, bytes);
    }
    pthread_mutex_unlock(&s->lock);
    /* What is made is no pointer to bytes, whatever cppcheck 2.10 thinks. */
    /* cppcheck-suppress returnDanglingLifetime */
    if (made && at) return made;
    if (made) (close ? close : free)(made);
    return NULL;
}

static const float *work_row(const StudyWork *w, Site site, int layer,
                             int pos) {
    const float *row = trace_find(w->trace, site, layer, pos);
    if (!row) row = work_made(w, row_key(w->trace, site, layer, pos));
    if (!row && *w->stopped) row = blank_row(w->study);
    return row ? row : trace_row(w->trace, site, layer, pos);
}

/* Locked.  The first of the wanted ones that is quickly made; 0: none. */
static int find_quick(const Study *s) {
    int at = s->wanted.oldest;
    while (at && (kinds[s->entries[at].key.kind]->runs ||
                  !is_in_use(s, &s->entries[at])))
        at = s->entries[at].newer;
    return at;
}

static void take(Study *s, int at) {
    put(s, at, MAKING);
    s->entries[at].outdated = false;
}

/* The number wanted longest that somebody still wants, those that need a run
 * last; 0: none. */
static int find_first(Study *s) {
    int at;
    while ((at = s->wanted.oldest) && !is_in_use(s, &s->entries[at]))
        drop(s, at);
    const int quick = find_quick(s);
    return quick ? quick : at;
}

/* Takes that one, or where nothing is wanted the first of those ahead, and
 * others that are made beside it; how many. */
static int take_some(Study *s, const StudyWork *w, StudyMade *made,
                     bool ahead) {
    const List *from = ahead ? &s->ahead : &s->wanted;
    const int wanted = find_first(s);
    const int first = !ahead ? wanted : wanted ? 0 : from->oldest;
    if (!first) return 0;
    int n = 0, most = 1;
    const StudyKey key = s->entries[first].key;
    const StudyKindInfo *kind = kinds[key.kind];
    take(s, first);
    made[n++].key = key;
    if (kind->make_all) most = kind->at_once(w, key);
    for (int at = from->oldest, newer; at && n < most; at = newer) {
        newer = s->entries[at].newer;
        if (s->entries[at].key.kind != key.kind ||
            (!ahead && !is_in_use(s, &s->entries[at])))
            continue;
        take(s, at);
        made[n++].key = s->entries[at].key;
    }
    return n;
}

static void make_some(const StudyWork *w, StudyMade *made, int n) {
    const StudyKindInfo *kind = kinds[made->key.kind];
    if (n == 1)
        made->value = make_value(w, made->key, &made->bytes);
    else if (!kind->of_logits || arch_predicts(trace_config(w->trace)->arch))
        kind->make_all(w, made, n);
    for (int i = 0; i < n; i++)
        made[i].stopped |= *w->stopped;
}

static void finish(Study *s, const StudyMade *made) {
    const int at = find(s, made->key);
    Entry *e = &s->entries[at];
    if (made->stopped) e->outdated = true;
    list_remove(s, &s->making, at);
    keep(s, at, made->value, made->bytes);
    if (e->outdated && e->frame == 0) {
        drop(s, at);
    } else if (e->outdated) {
        free_value(s, e);
        s->stats.n_kept--;
        put(s, at, WANTED);
    }
    make_room(s);
}

/* A run goes on while nothing is wanted that is made at once, or at all where
 * nobody waits for the run. */
static bool go_on(void *ud) {
    Study *s = ud;
    pthread_mutex_lock(&s->lock);
    const bool waits =
        find_quick(s) != 0 || (s->wanted.oldest && makes_ahead(s));
    pthread_mutex_unlock(&s->lock);
    return !waits && (!s->watch.go_on || s->watch.go_on(s->watch.ud));
}

static bool step(Study *s, bool ahead) {
    StudyMade made[STUDY_AT_ONCE] = {0};
    bool stopped = false;
    pthread_mutex_lock(&s->lock);
    StudyWork work = {.trace = s->trace,
                      .sampler = s->sampler,
                      .seed = s->seed,
                      .ids = s->ids,
                      .n_vocab = s->ids.n,
                      .tokenizer = s->tokenizer,
                      .teller = s->teller,
                      .watch = {go_on, s},
                      .stopped = &stopped,
                      .row = work_row,
                      .made = work_made,
                      .goes_on = work_goes_on,
                      .team = s->team,
                      .sessions = s->sessions,
                      .branches = &s->branches,
                      .study = s};
    memcpy(work.word, s->word, sizeof work.word);
    work.shape = s->shape;
    const int n = take_some(s, &work, made, ahead);
    pthread_mutex_unlock(&s->lock);
    if (n == 0) return false;
    make_some(&work, made, n);
    pthread_mutex_lock(&s->lock);
    s->branch_bytes = s->branches.bytes;
    for (int i = 0; i < n; i++)
        finish(s, &made[i]);
    pthread_mutex_unlock(&s->lock);
    return true;
}

bool study_step(Study *s) {
    return step(s, false);
}

bool study_step_ahead(Study *s) {
    return step(s, true);
}

static void forget_list(Study *s, List *list, int pos) {
    for (int at = list->oldest, newer; at; at = newer) {
        newer = s->entries[at].newer;
        if (s->entries[at].key.pos >= pos) drop(s, at);
    }
}

void study_forget(Study *s, int pos) {
    pthread_mutex_lock(&s->lock);
    assert(!s->making.oldest);
    branches_forget(&s->branches, pos);
    s->branch_bytes = s->branches.bytes;
    forget_list(s, &s->wanted, pos);
    forget_list(s, &s->ahead, pos);
    forget_list(s, &s->kept, pos);
    pthread_mutex_unlock(&s->lock);
}

void study_rest(Study *s) {
    pthread_mutex_lock(&s->lock);
    assert(!s->making.oldest);
    forget_list(s, &s->wanted, STUDY_NO_POS);
    forget_list(s, &s->ahead, STUDY_NO_POS);
    close_sessions(s);
    branches_close(&s->branches);
    s->branch_bytes = 0;
    s->tokenizer = NULL;
    s->teller = (StudyTeller){0};
    pthread_mutex_unlock(&s->lock);
}
