/* Claims about the model itself, whatever it reads. */
#include "viz/app/claim_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The digits that a double holds exactly, as a number; or whether all are. */
bool claim_checksum(ClaimWork *k, double *value) {
    const char *is = claim_given_text(k, "is");
    const uint64_t sum = model_checksum(trace_model(k->run->trace));
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, sum);
    *value = is ? strcmp(is, digits) == 0 : (double)(sum >> 12);
    return true;
}
