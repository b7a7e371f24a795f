#include "check.h"

// Reads entries from `cookie` on into names, at most `most`; gives how many there were, and the last one's cookie.
static int list(size_t buffer_size, __wasi_dircookie_t cookie, char names[][32], int most, __wasi_dircookie_t *next,
                bool *all) {
  static uint8_t buffer[4096];
  size_t used = 0, at = 0;
  int count = 0;
  OK(__wasi_fd_readdir(DIR, buffer, buffer_size, cookie, &used));
  *all = used < buffer_size;
  while (at + sizeof(__wasi_dirent_t) <= used && count < most) {
    __wasi_dirent_t entry;
    memcpy(&entry, buffer + at, sizeof entry);
    at += sizeof entry;
    if (at + entry.d_namlen > used) break;
    snprintf(names[count], 32, "%.*s", (int)entry.d_namlen, (char *)buffer + at);
    at += entry.d_namlen;
    count += 1;
    *next = entry.d_next;
  }
  return count;
}

void check_listing(void) {
  static char names[64][32];
  __wasi_dircookie_t next = 0;
  bool all;
  EXPECT(list(4096, 0, names, 64, &next, &all), 2);
  EXPECT(all, 1);
  EXPECT(strcmp(names[0], "."), 0);
  EXPECT(strcmp(names[1], ".."), 0);
  make_file("file", "");
  EXPECT(list(4096, next, names, 64, &next, &all), 1);
  EXPECT(strcmp(names[0], "file"), 0);

  __wasi_filestat_t stat;
  uint8_t raw[128];
  size_t used;
  OK(__wasi_path_filestat_get(DIR, 0, "file", &stat));
  OK(__wasi_fd_readdir(DIR, raw, sizeof raw, 2, &used));
  __wasi_dirent_t entry;
  memcpy(&entry, raw, sizeof entry);
  EXPECT(entry.d_ino == stat.ino, 1);
  EXPECT(entry.d_type, __WASI_FILETYPE_REGULAR_FILE);
  EXPECT(entry.d_namlen, 4);
  // One that does not fit is cut off.
  OK(__wasi_fd_readdir(DIR, raw, 10, 0, &used));
  EXPECT(used, 10);
  OK(__wasi_fd_readdir(DIR, raw, 0, 0, &used));
  EXPECT(used, 0);

  char name[32];
  for (int i = 0; i < 1000; i += 1) {
    snprintf(name, sizeof name, "file.%d", i);
    OK(try_open(DIR, name, 0, __WASI_OFLAGS_CREAT, 0));
  }
  // What is removed behind and ahead of the reader moves nothing.
  int total = 0;
  next = 0;
  do {
    total += list(256, next, names, 64, &next, &all);
    if (total > 20 && total < 30) {
      (void)!__wasi_path_unlink_file(DIR, "file.0");
      (void)!__wasi_path_unlink_file(DIR, "file.900");
    }
  } while (!all);
  EXPECT(total, 1002);
  EXPECT(list(4096, UINT64_MAX, names, 64, &next, &all), 0);
  EXPECT(__wasi_fd_readdir(1, raw, sizeof raw, 0, &used), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_fd_readdir(77, raw, sizeof raw, 0, &used), __WASI_ERRNO_BADF);
}
