// Checks of WASI preview 1, function by function: what each answers, and what it has done.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

extern int checks, failures;

// The first directory that the program was given: empty, and writable where nothing else is said.
#define DIR 3

#define EXPECT(call, wanted)                                                                       \
  do {                                                                                             \
    long long got_ = (long long)(call), wanted_ = (long long)(wanted);                             \
    checks += 1;                                                                                   \
    if (got_ != wanted_) {                                                                         \
      failures += 1;                                                                               \
      printf("%s:%d: %s: expected %lld, got %lld\n", __FILE__, __LINE__, #call, wanted_, got_);   \
    }                                                                                              \
  } while (0)

#define OK(call) EXPECT(call, __WASI_ERRNO_SUCCESS)

#define FILE_RIGHTS                                                                                \
  (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | \
   __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE |                            \
   __WASI_RIGHTS_FD_FILESTAT_SET_TIMES | __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS |                       \
   __WASI_RIGHTS_FD_ADVISE | __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_SYNC |                   \
   __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_POLL_FD_READWRITE)

// Opens `path` in DIR; fails the check if that fails.
__wasi_fd_t open_file(const char *path, __wasi_oflags_t oflags, __wasi_rights_t rights);
__wasi_errno_t try_open(__wasi_fd_t dir, const char *path, __wasi_lookupflags_t lookup, __wasi_oflags_t oflags,
                        __wasi_rights_t rights);
void make_file(const char *path, const char *content);
__wasi_errno_t write_text(__wasi_fd_t fd, const char *text, size_t *written);
__wasi_errno_t read_bytes(__wasi_fd_t fd, void *buffer, size_t length, size_t *count);
// The type of what `path` names, without following a link at its end; 255 if there is nothing.
int type_of(const char *path);
// What the file says; empty if it cannot be read.
const char *content_of(const char *path);

void check_descriptors(void);
void check_streams(void);
void check_reading(void);
void check_opening(void);
void check_paths(void);
void check_entries(void);
void check_renaming(void);
void check_links(void);
void check_listing(void);
void check_status(void);
void check_rights(void);
void check_system(void);
void check_polling(void);
void check_read_only(void);
void check_quota(void);
