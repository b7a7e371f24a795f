#include "check.h"

static void of_files(void) {
  char byte;
  size_t count;
  __wasi_filesize_t place;
  __wasi_filestat_t filestat;
  __wasi_fdstat_t stat;
  make_file("file", "0123");
  __wasi_fd_t fd = open_file("file", 0, 0);
  __wasi_iovec_t in = {(uint8_t *)&byte, 1};
  __wasi_ciovec_t out = {(const uint8_t *)"x", 1};
  EXPECT(read_bytes(fd, &byte, 1, &count), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(write_text(fd, "x", &count), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_pread(fd, &in, 1, 0, &count), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_pwrite(fd, &out, 1, 0, &count), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &place), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_tell(fd, &place), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_sync(fd), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_datasync(fd), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_advise(fd, 0, 1, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_allocate(fd, 0, 10), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_filestat_get(fd, &filestat), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_filestat_set_size(fd, 1), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_filestat_set_times(fd, 0, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_fdstat_set_flags(fd, 0), __WASI_ERRNO_NOTCAPABLE);
  OK(__wasi_fd_fdstat_get(fd, &stat));
  EXPECT(stat.fs_rights_base, 0);
  EXPECT(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0), __WASI_ERRNO_NOTCAPABLE);
  OK(__wasi_fd_close(fd));

  fd = open_file("file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_TELL);
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &place));
  EXPECT(__wasi_fd_seek(fd, 1, __WASI_WHENCE_CUR, &place), __WASI_ERRNO_NOTCAPABLE);
  OK(read_bytes(fd, &byte, 1, &count));
  OK(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_TELL, 0));
  EXPECT(read_bytes(fd, &byte, 1, &count), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_TELL, 0), __WASI_ERRNO_NOTCAPABLE);
  OK(__wasi_fd_close(fd));
}

static void of_directories(void) {
  __wasi_fdstat_t stat;
  __wasi_filestat_t filestat;
  __wasi_filesize_t place;
  uint8_t buffer[64];
  size_t used;
  __wasi_fd_t dir;
  OK(__wasi_path_open(DIR, 0, ".", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_SEEK, 0, 0, &dir));
  OK(__wasi_fd_fdstat_get(dir, &stat));
  EXPECT(stat.fs_rights_base, 0);
  EXPECT(__wasi_fd_seek(dir, 0, __WASI_WHENCE_CUR, &place), __WASI_ERRNO_ISDIR);
  EXPECT(try_open(dir, "file", 0, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_readdir(dir, buffer, 64, 0, &used), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_create_directory(dir, "d"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_filestat_get(dir, 0, "file", &filestat), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_filestat_set_times(dir, 0, "file", 0, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_link(dir, 0, "file", DIR, "l"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_link(DIR, 0, "file", dir, "l"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_readlink(dir, "file", buffer, 64, &used), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_remove_directory(dir, "d"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_rename(dir, "file", DIR, "r"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_rename(DIR, "file", dir, "r"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_symlink("x", dir, "s"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_unlink_file(dir, "file"), __WASI_ERRNO_NOTCAPABLE);
  OK(__wasi_fd_close(dir));

  // What a directory does not pass on cannot be asked for; what it may not do itself, files in it cannot be made to.
  const __wasi_rights_t open = __WASI_RIGHTS_PATH_OPEN;
  OK(__wasi_path_open(DIR, 0, ".", __WASI_OFLAGS_DIRECTORY, open, __WASI_RIGHTS_FD_READ, 0, &dir));
  OK(try_open(dir, "file", 0, 0, __WASI_RIGHTS_FD_READ));
  EXPECT(try_open(dir, "file", 0, 0, __WASI_RIGHTS_FD_WRITE), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(try_open(dir, "made", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(try_open(dir, "file", 0, __WASI_OFLAGS_TRUNC, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_fdstat_set_rights(dir, open, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE), __WASI_ERRNO_NOTCAPABLE);
  OK(__wasi_fd_fdstat_set_rights(dir, open, 0));
  EXPECT(try_open(dir, "file", 0, 0, __WASI_RIGHTS_FD_READ), __WASI_ERRNO_NOTCAPABLE);
  OK(__wasi_fd_close(dir));

  OK(__wasi_fd_fdstat_get(DIR, &stat));
  EXPECT(stat.fs_filetype, __WASI_FILETYPE_DIRECTORY);
  EXPECT(stat.fs_flags, 0);
  EXPECT(stat.fs_rights_base & (__WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE), 0);
  EXPECT(stat.fs_rights_base & ~stat.fs_rights_inheriting, 0);
  EXPECT(stat.fs_rights_inheriting & FILE_RIGHTS, FILE_RIGHTS);
  OK(__wasi_path_open(DIR, 0, ".", 0, stat.fs_rights_base, stat.fs_rights_inheriting, 0, &dir));
  OK(__wasi_fd_close(dir));
}

void check_rights(void) {
  of_files();
  of_directories();
}
