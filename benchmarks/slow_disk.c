/* A disk on which a flush takes longer: preloaded into a process, it delays fsync and fdatasync.
   SLOW_DISK_US holds the microseconds that each call sleeps before the real one is made. Everything
   else of the file system stays as fast as it is, so a commit costs one such flush and little more. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void delay(void)
{
	const char *said = getenv("SLOW_DISK_US");
	long us = said ? atol(said) : 0;
	struct timespec pause = {us / 1000000, us % 1000000 * 1000};
	if (us > 0)
		nanosleep(&pause, NULL);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	delay();
	return real(fd);
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
	delay();
	return real(fd);
}
