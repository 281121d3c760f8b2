/* What hf.c and hf_config.c share. */
#ifndef ENGINE_FORMAT_HF_PRIVATE_H
#define ENGINE_FORMAT_HF_PRIVATE_H

#include "engine/format/hf.h"

/* Reads the config.json at path; *c is checked (config_check). */
bool hf_config_read(const char *path, Config *c, Err *err);

#endif
