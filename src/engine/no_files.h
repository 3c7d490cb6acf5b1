/*
 * The parts of a participant (core/port.h) that has no decision files and whose votes are durable
 * when they are given: there is nothing to do.
 */
#ifndef ENGINE_NO_FILES_H
#define ENGINE_NO_FILES_H

#include "core/port.h"

int no_files_seal(struct participant *p, struct error *e);
int no_files_decide(struct participant *p, struct error *e); /* never asked */
int no_files_close(struct participant *p, enum verdict verdict, struct error *e);

#endif
