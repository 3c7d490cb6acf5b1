#ifndef TESTS_FAULTS_FAILAT_H
#define TESTS_FAULTS_FAILAT_H

#include <dlfcn.h>

#define VISIBLE    __attribute__((visibility("default")))
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

typedef int (*main_fn)(int, char **, char **);

/* Reads the order from the environment; from here on calls count. */
void take_order(void);
/* With FAILAT_SERVE: a process for each order that comes, until none comes. Else main itself. */
int serve(main_fn program_main, int argc, char **argv, char **env);
/* Clocks stop, and numbers drawn from here on depend on the command line and the text alone. */
void be_steady(int argc, char **argv, const char *more);

#endif
