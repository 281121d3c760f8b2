/* Memory that runs out when told to, in programs linked with --wrap (those
 * named *_fault; see the Makefile).
 *
 *     for (int n = 0;; n++) {
 *         oom_after(n);                  // n allocations succeed, one fails
 *         Thing *t = thing_open(&err);
 *         oom_never();
 *         ...
 *     }
 */
#ifndef TESTS_SUPPORT_OOM_H
#define TESTS_SUPPORT_OOM_H

/* Lets n more allocations succeed; the one after them fails, the others
 * succeed again. */
void oom_after(int n);

/* No allocation fails from now on.  Returns how many were asked for since
 * oom_after. */
int oom_never(void);

#endif
