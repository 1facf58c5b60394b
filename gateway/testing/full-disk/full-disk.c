// A disk that is full, for a program that has this library in LD_PRELOAD. The file that FULL_DISK names says which calls fail,
// how many bytes there is room for until they do, and a part of the paths they fail for:
//
//     ws 5000 /spool/        w: write, s: sync, t: truncate
//
// Without that file there is room for everything. As on a real disk, a write for which there is some room is a short one.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct timespec changed;
static size_t spent;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* How many of `wanted` bytes there is room for, or whether a call with none may be made: 1 or 0. */
static size_t room_for(char call, int fd, size_t wanted) {
  const char *control = getenv("FULL_DISK");
  size_t granted = wanted ? wanted : 1;
  FILE *file = control ? fopen(control, "re") : NULL;
  if (!file) return granted;
  char calls[8], part[256], link[64], path[4096];
  size_t room;
  struct stat status;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (fscanf(file, "%7s %zu %255s", calls, &room, part) == 3 && length > 0 && fstat(fileno(file), &status) == 0) {
    path[length] = 0;
    if (strchr(calls, call) && strstr(path, part)) {
      pthread_mutex_lock(&mutex);
      if (memcmp(&changed, &status.st_mtim, sizeof changed) != 0) spent = 0;
      changed = status.st_mtim;
      size_t left = room > spent ? room - spent : 0;
      granted = wanted ? (wanted < left ? wanted : left) : 0;
      if (wanted) spent += granted;
      pthread_mutex_unlock(&mutex);
    }
  }
  fclose(file);
  return granted;
}

static int no_room(void) {
  errno = ENOSPC;
  return -1;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  size_t room = fd > 2 && size > 0 ? room_for('w', fd, size) : size;
  return size > 0 && room == 0 ? no_room() : REAL(write)(fd, bytes, room);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  size_t room = size > 0 ? room_for('w', fd, size) : 0;
  return size > 0 && room == 0 ? no_room() : REAL(pwrite64)(fd, bytes, room, offset);
}

int fdatasync(int fd) { return room_for('s', fd, 0) ? REAL(fdatasync)(fd) : no_room(); }

int fsync(int fd) { return room_for('s', fd, 0) ? REAL(fsync)(fd) : no_room(); }

int ftruncate64(int fd, off64_t size) { return room_for('t', fd, 0) ? REAL(ftruncate64)(fd, size) : no_room(); }

/* LevelDB writes by stdio, which throws away what it could not write. */
int fflush_unlocked(FILE *file) {
  size_t pending = file ? __fpending(file) : 0;
  size_t room = pending > 0 ? room_for('w', fileno(file), pending) : 0;
  if (room == pending) return REAL(fflush_unlocked)(file);
  ssize_t written = REAL(write)(fileno(file), file->_IO_write_base, room);
  (void)written;
  __fpurge(file);
  return no_room();
}
