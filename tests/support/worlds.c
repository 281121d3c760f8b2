#include "tests/support/worlds.h"

#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char worlds_small[] = "table person: name | she | her\n"
                            "  Ann | she | her\n"
                            "  Bob | he | his\n"
                            "table thing: name | a | soft\n"
                            "  cup | a cup | no\n"
                            "  cap | a cap | yes\n"
                            "  hat | a hat | yes\n"
                            "rule story\n"
                            "  -3 {new person a} had {new thing t.a}. <end a>\n"
                            "  - Nobody came (today).\n"
                            "rule end x\n"
                            "  -2 {x.She} lost {x.her} {t}. {let sad = x}\n"
                            "  - \"My {t}!\" said {x}.\n"
                            "rule question\n"
                            "  - if sad: Who was sad? {sad}.\n"
                            "  - if not sad: Who was sad? Nobody.\n";

static World *open_text(const char *text, Err *err) {
    const WorldSource source = {"test.txt", text, strlen(text)};
    return world_open(&source, 1, err);
}

World *worlds_open(const char *text) {
    Err err = {0};
    World *w = open_text(text, &err);
    ck_assert_msg(w != NULL, "%s", err.msg);
    return w;
}

World *worlds_shipped(void) {
    Err err = {0};
    World *w = world_open_folder("assets/world", &err);
    ck_assert_msg(w != NULL, "%s", err.msg);
    return w;
}

void worlds_error(const char *text, char out[ERR_MSG_MAX]) {
    Err err = {0};
    World *w = open_text(text, &err);
    ck_assert_msg(!w, "accepted: %s", text);
    snprintf(out, ERR_MSG_MAX, "%s", err.msg);
}

double worlds_log2_of(const World *w, WorldKind kind, const char *text,
                      size_t n) {
    WorldParse *p = world_parse_open(w, kind, NULL);
    double log2_p = NAN;
    if (p && world_parse_feed(p, text, n, NULL)) log2_p = world_parse_log2(p);
    world_parse_close(p);
    return log2_p;
}

double worlds_log2(const World *w, const char *prefix) {
    return worlds_log2_of(w, WORLD_STORY, prefix, strlen(prefix));
}
