/*
 * Calls that may not be made, turned into compile errors. The build includes this file ahead of
 * every C file, so the standard headers come first: they declare what is banned below.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BANNED(name) banned_call_##name##_see_base_banned_h

/* no bound on what is written, or no terminator: base/str.h builds strings */
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef stpcpy
#define stpcpy(...) BANNED(stpcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef gets
#define gets(...) BANNED(gets)

/* hidden state shared by all threads: strtok_r, gmtime_r, localtime_r, getrandom */
#undef strtok
#define strtok(...) BANNED(strtok)
#undef gmtime
#define gmtime(...) BANNED(gmtime)
#undef localtime
#define localtime(...) BANNED(localtime)
#undef ctime
#define ctime(...) BANNED(ctime)
#undef asctime
#define asctime(...) BANNED(asctime)
#undef rand
#define rand(...) BANNED(rand)
#undef srand
#define srand(...) BANNED(srand)

/* cannot tell a wrong number from 0: strtoll with errno and end */
#undef atoi
#define atoi(...) BANNED(atoi)
#undef atol
#define atol(...) BANNED(atol)
#undef atoll
#define atoll(...) BANNED(atoll)
#undef atof
#define atof(...) BANNED(atof)
/* cannot tell where a line ends; sscanf is left to clang-tidy (cert-err34-c) */
#undef scanf
#define scanf(...) BANNED(scanf)

/* cannot fail, only crash: base/mem.h */
#undef alloca
#define alloca(...) BANNED(alloca)

/* a shell between us and a path somebody else chose: posix_spawn */
#undef system
#define system(...) BANNED(system)
#undef popen
#define popen(...) BANNED(popen)

/* a name is not a file yet: mkstemp, O_EXCL */
#undef tmpnam
#define tmpnam(...) BANNED(tmpnam)
#undef tempnam
#define tempnam(...) BANNED(tempnam)
#undef mktemp
#define mktemp(...) BANNED(mktemp)

#endif
