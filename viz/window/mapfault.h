/* A mapped file that is cut off while it is read: one line, exit code 1.
 *
 *     mapfault_install();   // once, in main
 *
 * Reading a page that is no longer in the file raises SIGBUS; nothing can go
 * on without it.  The handler looks the address up in /proc/self/maps and
 * writes "llantern: PATH: read: ...", so it needs no list of its own.  SIGBUS
 * of any other cause ends the process as if this were not here.
 *
 * What can be noticed before it hurts is: file_check in engine/base/file.h.
 */
#ifndef VIZ_WINDOW_MAPFAULT_H
#define VIZ_WINDOW_MAPFAULT_H

void mapfault_install(void);

#endif
