/* The smallest program on top of liblockstep:  cc main.c $(pkg-config --cflags --libs lockstep) */
#include <lockstep.h>
#include <stdio.h>

int main(void)
{
    printf("built with lockstep %s\n", lockstep_version());
    return 0;
}
