/* Number: a number as it is written in a label, a tip or a sentence: so many
 * digits, its sign, and what is not finite as what it is.
 *
 *     snprintf(text, sizeof text, "adds %s", number_signed(v, 2).s);
 *
 * All of them give NUMBER_NONE, "∞" and "−∞", and no sign to what they write
 * as 0.  No text has more than NUMBER_MAX - 1 bytes.
 *
 * Does NOT know how much room there is: what is drawn into a cell is measured.
 */
#ifndef VIZ_VIEWS_NUMBER_H
#define VIZ_VIEWS_NUMBER_H

#define NUMBER_MAX  16
#define NUMBER_NONE "not a number"

typedef struct NumberText {
    char s[NUMBER_MAX];
} NumberText;

/* "12.345", "-0.067": 0 to 6 digits after the point; from a million on, three
 * that count: "1.23e+06". */
NumberText number_fixed(double v, int digits);
/* "+12.345", "-0.067", "+1.23e+06" */
NumberText number_signed(double v, int digits);

/* "12.3", "0.067", "4e-05", "1.23e+45": up to 8 digits that count, no zeros
 * behind them. */
NumberText number_round(double v, int digits);
/* "+12.3", "-0.067" */
NumberText number_round_signed(double v, int digits);

/* "1e+05", "-2.5e-07": of what is too large or small for anything else. */
NumberText number_power(double v, int digits);
/* "+1e+05", "-3e-07" */
NumberText number_power_signed(double v, int digits);

/* "97.5 %", of .975: 0 to 3 digits; what is no number has no "%". */
NumberText number_percent(double share, int digits);

#endif
