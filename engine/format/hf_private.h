/* What hf.c and hf_config.c share. */
#ifndef ENGINE_FORMAT_HF_PRIVATE_H
#define ENGINE_FORMAT_HF_PRIVATE_H

#include "engine/format/hf.h"

typedef struct HfConfig {
    Config config;
    bool tied_if_alone; /* nothing is said: it is tied unless a classifier is
                           stored */
} HfConfig;

/* Reads the config.json at path; c->config is checked (config_check). */
bool hf_config_read(const char *path, HfConfig *c, Err *err);

#endif
