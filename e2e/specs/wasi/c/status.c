#include "check.h"

void check_status(void) {
  __wasi_filestat_t before, after;
  make_file("file", "12345");
  __wasi_fd_t fd = open_file("file", 0, FILE_RIGHTS);
  OK(__wasi_fd_filestat_get(fd, &before));
  EXPECT(before.size, 5);
  EXPECT(before.filetype, __WASI_FILETYPE_REGULAR_FILE);
  EXPECT(before.nlink, 1);
  OK(__wasi_path_filestat_get(DIR, 0, "file", &after));
  EXPECT(memcmp(&before, &after, sizeof before), 0);
  make_file("other", "");
  OK(__wasi_path_filestat_get(DIR, 0, "other", &after));
  EXPECT(before.dev == after.dev, 1);
  EXPECT(before.ino != after.ino, 1);

  OK(__wasi_fd_filestat_set_times(fd, 1, before.mtim - 100, __WASI_FSTFLAGS_MTIM));
  OK(__wasi_fd_filestat_get(fd, &after));
  EXPECT(after.mtim, before.mtim - 100);
  EXPECT(after.atim, before.atim);
  OK(__wasi_fd_filestat_set_times(fd, 1, 2, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM_NOW));
  OK(__wasi_fd_filestat_get(fd, &after));
  EXPECT(after.atim, 1);
  EXPECT(after.mtim >= before.mtim, 1);
  EXPECT(__wasi_fd_filestat_set_times(fd, 1, 2, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_filestat_set_times(fd, 1, 2, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_filestat_set_times(fd, 1, 2, 16), __WASI_ERRNO_INVAL);
  OK(__wasi_fd_close(fd));

  OK(__wasi_path_filestat_set_times(DIR, 0, "file", 7, 8, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
  OK(__wasi_path_filestat_get(DIR, 0, "file", &after));
  EXPECT(after.atim, 7);
  EXPECT(after.mtim, 8);
  EXPECT(__wasi_path_filestat_set_times(DIR, 0, "file", 0, 0, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_path_filestat_set_times(DIR, 0, "missing", 0, 0, __WASI_FSTFLAGS_MTIM), __WASI_ERRNO_NOENT);
  OK(__wasi_path_symlink("file", DIR, "link"));
  OK(__wasi_path_filestat_set_times(DIR, 0, "link", 0, 99, __WASI_FSTFLAGS_MTIM));
  OK(__wasi_path_filestat_get(DIR, 0, "link", &after));
  EXPECT(after.mtim, 99);
  OK(__wasi_path_filestat_get(DIR, 1, "link", &after));
  EXPECT(after.mtim, 8);
  OK(__wasi_path_filestat_set_times(DIR, 1, "link", 0, 66, __WASI_FSTFLAGS_MTIM));
  OK(__wasi_path_filestat_get(DIR, 0, "file", &after));
  EXPECT(after.mtim, 66);
  EXPECT(__wasi_path_filestat_get(DIR, 0, "missing", &after), __WASI_ERRNO_NOENT);
  EXPECT(__wasi_path_filestat_get(DIR, 0, "file/", &after), __WASI_ERRNO_NOTDIR);
  OK(__wasi_path_filestat_get(DIR, 0, ".", &after));
  EXPECT(after.filetype, __WASI_FILETYPE_DIRECTORY);
}
