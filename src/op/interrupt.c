#include "op/interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t requested; /* the process's: a handler has nothing else */

static void note(int signal)
{
    static const char text[] = "\nlockstep: finishing safely\n";

    (void)signal;
    requested = 1;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
}

void interrupt_install(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool interrupt_requested(void)
{
    return requested;
}
