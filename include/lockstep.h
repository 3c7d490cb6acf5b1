/*
 * The public face of liblockstep. Handles are opaque; there is no ABI promise before 1.0.
 */
#ifndef LOCKSTEP_H
#define LOCKSTEP_H

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the shared library shows; everything else in it is hidden. */
#define LOCKSTEP_API __attribute__((visibility("default")))

LOCKSTEP_API const char *lockstep_version(void); /* "0.1.0"; static, never NULL */

#ifdef __cplusplus
}
#endif

#endif
