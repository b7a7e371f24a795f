#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// The directory is read-only, and holds "file" with "given" and an empty directory "dir".
void check_read_only(void) {
  size_t count;
  EXPECT(strcmp(content_of("file"), ""), 0);
  __wasi_fd_t fd = open_file("file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES);
  char buffer[8] = {0};
  OK(read_bytes(fd, buffer, 8, &count));
  EXPECT(strcmp(buffer, "given"), 0);
  EXPECT(__wasi_fd_filestat_set_size(fd, 1), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_fd_filestat_set_size(fd, 9), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_fd_allocate(fd, 0, 9), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_fd_filestat_set_times(fd, 0, 0, 1), __WASI_ERRNO_ROFS);
  OK(__wasi_fd_close(fd));
  EXPECT(try_open(DIR, "file", 0, 0, __WASI_RIGHTS_FD_WRITE), __WASI_ERRNO_ROFS);
  EXPECT(try_open(DIR, "file", 0, __WASI_OFLAGS_TRUNC, 0), __WASI_ERRNO_ROFS);
  EXPECT(try_open(DIR, "new", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_ROFS);
  OK(try_open(DIR, "file", 0, __WASI_OFLAGS_CREAT, 0));
  EXPECT(__wasi_path_create_directory(DIR, "new"), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_path_unlink_file(DIR, "file"), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_path_remove_directory(DIR, "dir"), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_path_rename(DIR, "file", DIR, "new"), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_path_link(DIR, 0, "file", DIR, "new"), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_path_symlink("file", DIR, "new"), __WASI_ERRNO_ROFS);
  EXPECT(__wasi_path_filestat_set_times(DIR, 0, "file", 0, 0, 1), __WASI_ERRNO_ROFS);
  EXPECT(type_of("file"), __WASI_FILETYPE_REGULAR_FILE);
  EXPECT(type_of("dir"), __WASI_FILETYPE_DIRECTORY);
  EXPECT(open("/work/file", O_RDWR), -1);
  EXPECT(errno, EROFS);
}

// The directory may hold 1000 bytes in 4 entries.
void check_quota(void) {
  static uint8_t bytes[1001];
  size_t count;
  __wasi_filestat_t stat;
  __wasi_fd_t fd = open_file("one", __WASI_OFLAGS_CREAT, FILE_RIGHTS);
  __wasi_ciovec_t too_much = {bytes, 1001}, all = {bytes, 1000}, one = {bytes, 1};
  EXPECT(__wasi_fd_write(fd, &too_much, 1, &count), __WASI_ERRNO_DQUOT);
  OK(__wasi_fd_filestat_get(fd, &stat));
  EXPECT(stat.size, 0);
  OK(__wasi_fd_write(fd, &all, 1, &count));
  EXPECT(count, 1000);
  EXPECT(__wasi_fd_write(fd, &one, 1, &count), __WASI_ERRNO_DQUOT);
  OK(__wasi_fd_pwrite(fd, &one, 1, 999, &count));
  EXPECT(__wasi_fd_pwrite(fd, &one, 1, 1000, &count), __WASI_ERRNO_DQUOT);
  EXPECT(__wasi_fd_filestat_set_size(fd, 1001), __WASI_ERRNO_DQUOT);
  EXPECT(__wasi_fd_allocate(fd, 1000, 1), __WASI_ERRNO_DQUOT);
  OK(__wasi_fd_filestat_set_size(fd, 400));
  __wasi_fd_t two = open_file("two", __WASI_OFLAGS_CREAT, FILE_RIGHTS);
  OK(__wasi_fd_filestat_set_size(two, 600));
  EXPECT(__wasi_fd_filestat_set_size(two, 601), __WASI_ERRNO_DQUOT);

  // What has no name any more still counts as long as it is open.
  OK(__wasi_path_unlink_file(DIR, "one"));
  EXPECT(__wasi_fd_filestat_set_size(two, 601), __WASI_ERRNO_DQUOT);
  OK(__wasi_fd_close(fd));
  OK(__wasi_fd_filestat_set_size(two, 1000));

  OK(__wasi_path_create_directory(DIR, "dir"));
  OK(__wasi_path_symlink("two", DIR, "link"));
  OK(__wasi_path_link(DIR, 0, "two", DIR, "dir/also"));
  EXPECT(__wasi_path_create_directory(DIR, "more"), __WASI_ERRNO_DQUOT);
  EXPECT(try_open(DIR, "more", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_DQUOT);
  EXPECT(__wasi_path_link(DIR, 0, "two", DIR, "more"), __WASI_ERRNO_DQUOT);
  EXPECT(__wasi_path_symlink("two", DIR, "more"), __WASI_ERRNO_DQUOT);
  OK(__wasi_path_rename(DIR, "two", DIR, "dir/renamed"));
  EXPECT(__wasi_path_create_directory(DIR, "more"), __WASI_ERRNO_DQUOT);
  OK(__wasi_path_unlink_file(DIR, "link"));
  OK(__wasi_path_create_directory(DIR, "more"));
}
