/* What hf.c and hf_config.c share. */
#ifndef ENGINE_HF_IMPL_H
#define ENGINE_HF_IMPL_H

#include "engine/hf.h"

/* Reads the config.json at path; *c is checked (config_check). */
bool hf_config_read(const char *path, Config *c, Err *err);

#endif
