/* SIGINT and SIGTERM as a flag that use cases poll: a run is stopped safely, never killed by them.
 */
#ifndef OP_INTERRUPT_H
#define OP_INTERRUPT_H

#include <stdbool.h>

void interrupt_install(void); /* once, by the program */
bool interrupt_requested(void);

#endif
