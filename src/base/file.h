/*
 * Files and folders: whole reads and writes, durability, paths.
 * All paths are plain C strings; a relative one is relative to the working folder.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdint.h>
#include <sys/types.h>

struct error;
struct str;

/* Appends the whole file to out. More than max bytes is E_INVALID; no such file is E_MISSING. */
int file_read(const char *path, size_t max, struct str *out, struct error *e);
/* Creates path (O_EXCL, mode) with these bytes, fsynced; the folder is not. No file is left on
 * failure. */
int file_create(const char *path, mode_t mode, const void *bytes, size_t n, struct error *e);
/* pread/pwrite until all is done; 0, or -1 with errno. A short read sets *got below n and is 0. */
int file_pread(int fd, void *bytes, size_t n, off_t at, size_t *got);
int file_pwrite(int fd, const void *bytes, size_t n, off_t at);

int dir_sync(const char *path, struct error *e);
int dir_make(const char *path, mode_t mode, struct error *e); /* with parents; existing is fine */

void path_join(struct str *out, const char *dir, const char *name); /* absolute name stands alone */
void path_dir(struct str *out, const char *path); /* "." for a bare name, "/" for a top one */
const char *path_base(const char *path);          /* behind the last slash */

#endif
