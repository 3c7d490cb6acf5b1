/* The simulator's test program, in parts. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "sim/sim.h"

void sim_test_begins(uint64_t seed);            /* main.c: what to say if the program falls over */
int sim_test_seeds(uint64_t from, uint64_t to); /* seeds.c */
int sim_test_cover(uint64_t from, uint64_t to);
int sim_test_lies(void); /* lies.c */

#endif
