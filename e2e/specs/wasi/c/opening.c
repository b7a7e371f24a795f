#include "check.h"

void check_opening(void) {
  const __wasi_rights_t rw = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;
  EXPECT(try_open(DIR, "file", 0, 0, 0), __WASI_ERRNO_NOENT);
  make_file("file", "content");
  EXPECT(try_open(DIR, "file", 0, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, 0), __WASI_ERRNO_EXIST);
  OK(try_open(DIR, "file", 0, __WASI_OFLAGS_EXCL, 0));
  OK(try_open(DIR, "file", 0, __WASI_OFLAGS_CREAT, 0));
  EXPECT(strcmp(content_of("file"), "content"), 0);
  OK(try_open(DIR, "file", 0, __WASI_OFLAGS_TRUNC, rw));
  EXPECT(strcmp(content_of("file"), ""), 0);
  EXPECT(try_open(DIR, "file", 0, __WASI_OFLAGS_DIRECTORY, 0), __WASI_ERRNO_NOTDIR);
  EXPECT(try_open(DIR, "new", 0, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_DIRECTORY, 0), __WASI_ERRNO_INVAL);
  EXPECT(try_open(DIR, "new", 0, 64, 0), __WASI_ERRNO_INVAL);
  EXPECT(try_open(DIR, "new/", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_ISDIR);
  EXPECT(type_of("new"), 255);
  EXPECT(try_open(DIR, "file/below", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_NOTDIR);
  EXPECT(try_open(DIR, "missing/below", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_NOENT);

  OK(__wasi_path_create_directory(DIR, "dir"));
  OK(try_open(DIR, "dir", 0, __WASI_OFLAGS_DIRECTORY, 0));
  OK(try_open(DIR, "dir", 0, 0, __WASI_RIGHTS_FD_READ));
  EXPECT(try_open(DIR, "dir", 0, 0, rw), __WASI_ERRNO_ISDIR);
  EXPECT(try_open(DIR, "dir", 0, __WASI_OFLAGS_DIRECTORY, rw), __WASI_ERRNO_ISDIR);
  EXPECT(try_open(DIR, "dir", 0, __WASI_OFLAGS_TRUNC, 0), __WASI_ERRNO_ISDIR);
  EXPECT(try_open(DIR, "dir", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_ISDIR);
  EXPECT(try_open(DIR, "dir", 0, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, 0), __WASI_ERRNO_EXIST);

  __wasi_fd_t fd;
  __wasi_fdstat_t stat;
  OK(__wasi_path_open(DIR, 0, "file", 0, FILE_RIGHTS, 0, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC, &fd));
  OK(__wasi_fd_fdstat_get(fd, &stat));
  EXPECT(stat.fs_flags, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC);
  EXPECT(stat.fs_filetype, __WASI_FILETYPE_REGULAR_FILE);
  OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_NONBLOCK));
  EXPECT(__wasi_fd_fdstat_set_flags(fd, 32), __WASI_ERRNO_INVAL);
  OK(__wasi_fd_fdstat_get(fd, &stat));
  EXPECT(stat.fs_flags, __WASI_FDFLAGS_NONBLOCK);
  EXPECT(try_open(fd, "below", 0, 0, 0), __WASI_ERRNO_NOTDIR);
  OK(__wasi_fd_close(fd));
  EXPECT(try_open(99, "file", 0, 0, 0), __WASI_ERRNO_BADF);
  EXPECT(__wasi_path_open(DIR, 0, "file", 0, 0, 0, 32, &fd), __WASI_ERRNO_INVAL);

  OK(__wasi_path_symlink("made", DIR, "to-nothing"));
  EXPECT(try_open(DIR, "to-nothing", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_LOOP);
  EXPECT(try_open(DIR, "to-nothing", 1, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, 0), __WASI_ERRNO_EXIST);
  OK(try_open(DIR, "to-nothing", 1, __WASI_OFLAGS_CREAT, 0));
  EXPECT(type_of("made"), __WASI_FILETYPE_REGULAR_FILE);
}
