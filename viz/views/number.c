#include "viz/views/number.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* With the conversion of printf, which takes the number of digits first. */
static NumberText written(double v, const char *conversion, int digits) {
    NumberText out;
    if (isfinite(v))
        snprintf(out.s, sizeof out.s, conversion, digits, v);
    else
        snprintf(out.s, sizeof out.s, "%s",
                 isnan(v) ? NUMBER_NONE
                 : v < 0  ? "−∞"
                          : "∞");
    return out;
}

NumberText number_fixed(double v, int digits) {
    return fabs(v) < 1e6 ? written(num_written(v, digits), "%.*f", digits)
                         : written(v, "%.*e", 2);
}

NumberText number_signed(double v, int digits) {
    return fabs(v) < 1e6 ? written(num_written(v, digits), "%+.*f", digits)
                         : written(v, "%+.*e", 2);
}

NumberText number_round(double v, int digits) {
    return written(v == 0 ? 0 : v, "%.*g", digits);
}

NumberText number_round_signed(double v, int digits) {
    return written(v == 0 ? 0 : v, "%+.*g", digits);
}

NumberText number_power(double v, int digits) {
    return written(v == 0 ? 0 : v, "%.*e", digits);
}

NumberText number_power_signed(double v, int digits) {
    return written(v == 0 ? 0 : v, "%+.*e", digits);
}

NumberText number_percent(double share, int digits) {
    NumberText out = number_fixed(100 * share, digits);
    if (isfinite(share)) {
        const size_t n = strlen(out.s);
        snprintf(out.s + n, sizeof out.s - n, " %%");
    }
    return out;
}
