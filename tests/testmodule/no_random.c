/*
 * Preloaded into a server: getrandom() fails while the server's folder has a file `no-random`, and
 * returns the same byte repeatedly while the folder has a file `equal-random`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t getrandom(void *to, size_t length, unsigned int flags) {
  if (length > 0 && access("no-random", F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  if (length > 0 && access("equal-random", F_OK) == 0) {
    memset(to, 7, length);
    return (ssize_t)length;
  }
  return syscall(SYS_getrandom, to, length, flags);
}

/* Some servers load modules so that these find libc's own getrandom() first. */
void *dlopen(const char *path, int flags) {
  void *(*next)(const char *, int);
  *(void **)&next = dlsym(RTLD_NEXT, "dlopen");
  return next(path, flags & ~RTLD_DEEPBIND);
}
