/* Put before every file that clang-tidy looks at (tidy.sh).  It sees one file
 * at a time, so it cannot know what err.h promises: these return false. */
#ifndef TESTS_LINT_ANALYZER_H
#define TESTS_LINT_ANALYZER_H

#include "engine/base/err.h"

#define err_set(...)    (err_set(__VA_ARGS__), false)
#define err_memory(...) (err_memory(__VA_ARGS__), false)

#endif
