#include "check.h"

static void closing_and_renumbering(void) {
  __wasi_fdstat_t stat;
  __wasi_fd_t one = open_file("one", __WASI_OFLAGS_CREAT, FILE_RIGHTS);
  __wasi_fd_t two = open_file("two", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ);
  EXPECT(one == two, 0);
  OK(__wasi_fd_renumber(one, two));
  EXPECT(__wasi_fd_close(one), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_fdstat_get(one, &stat), __WASI_ERRNO_BADF);
  OK(__wasi_fd_fdstat_get(two, &stat));
  EXPECT(stat.fs_rights_base, FILE_RIGHTS);
  EXPECT(__wasi_fd_renumber(two, one), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_renumber(one, two), __WASI_ERRNO_BADF);
  OK(__wasi_fd_renumber(two, two));
  OK(__wasi_fd_close(two));
  EXPECT(__wasi_fd_close(two), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_close(12345), __WASI_ERRNO_BADF);
}

static void unlinked_but_open(void) {
  char buffer[8] = {0};
  size_t count;
  make_file("gone", "still");
  __wasi_fd_t fd = open_file("gone", 0, FILE_RIGHTS);
  OK(__wasi_path_unlink_file(DIR, "gone"));
  EXPECT(type_of("gone"), 255);
  OK(read_bytes(fd, buffer, 5, &count));
  EXPECT(memcmp(buffer, "still", 5), 0);
  make_file("gone", "new");
  EXPECT(strcmp(content_of("gone"), "new"), 0);
  OK(__wasi_fd_close(fd));
}

static void removed_but_open(void) {
  __wasi_fd_t dir;
  OK(__wasi_path_create_directory(DIR, "short-lived"));
  OK(__wasi_path_open(DIR, 0, "short-lived", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_PATH_CREATE_FILE, 0, 0, &dir));
  OK(__wasi_path_remove_directory(DIR, "short-lived"));
  EXPECT(try_open(dir, "file", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_NOENT);
  OK(__wasi_path_create_directory(DIR, "short-lived"));
  OK(__wasi_fd_close(dir));
}

static void preopened(void) {
  __wasi_prestat_t stat;
  uint8_t name[8];
  OK(__wasi_fd_prestat_get(DIR, &stat));
  EXPECT(stat.tag, __WASI_PREOPENTYPE_DIR);
  EXPECT(stat.u.dir.pr_name_len, 5);
  EXPECT(__wasi_fd_prestat_dir_name(DIR, name, 4), __WASI_ERRNO_NAMETOOLONG);
  OK(__wasi_fd_prestat_dir_name(DIR, name, 5));
  EXPECT(memcmp(name, "/work", 5), 0);
  OK(__wasi_fd_prestat_dir_name(DIR, name, 8));
  EXPECT(__wasi_fd_prestat_get(1, &stat), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_prestat_get(DIR + 1, &stat), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_prestat_dir_name(DIR + 1, name, 8), __WASI_ERRNO_BADF);

  __wasi_fd_t again;
  __wasi_filestat_t before, after;
  OK(__wasi_fd_filestat_get(DIR, &before));
  OK(__wasi_path_open(DIR, 0, ".", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_FILESTAT_GET, 0, 0, &again));
  EXPECT(__wasi_fd_prestat_get(again, &stat), __WASI_ERRNO_BADF);
  OK(__wasi_fd_renumber(again, DIR));
  OK(__wasi_fd_filestat_get(DIR, &after));
  EXPECT(before.ino == after.ino && before.dev == after.dev, 1);
  OK(__wasi_fd_close(DIR));
  EXPECT(__wasi_fd_filestat_get(DIR, &after), __WASI_ERRNO_BADF);
}

static void on_directories(void) {
  size_t count;
  uint8_t byte;
  __wasi_filesize_t place;
  __wasi_iovec_t in = {&byte, 1};
  __wasi_ciovec_t out = {&byte, 1};
  EXPECT(__wasi_fd_read(DIR, &in, 1, &count), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_pread(DIR, &in, 1, 0, &count), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_write(DIR, &out, 1, &count), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_pwrite(DIR, &out, 1, 0, &count), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_seek(DIR, 0, __WASI_WHENCE_CUR, &place), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_tell(DIR, &place), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_allocate(DIR, 0, 1), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_advise(DIR, 0, 1, __WASI_ADVICE_NORMAL), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_filestat_set_size(DIR, 0), __WASI_ERRNO_ISDIR);
  OK(__wasi_fd_sync(DIR));
  OK(__wasi_fd_datasync(DIR));
  OK(__wasi_fd_filestat_set_times(DIR, 1, 2, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
}

void check_descriptors(void) {
  closing_and_renumbering();
  unlinked_but_open();
  removed_but_open();
  on_directories();
  preopened();
}

// Standard input holds "typed\n".
void check_streams(void) {
  char buffer[16] = {0};
  size_t count;
  __wasi_filesize_t place;
  __wasi_fdstat_t stat;
  __wasi_filestat_t filestat;
  OK(read_bytes(0, buffer, 3, &count));
  EXPECT(count, 3);
  OK(read_bytes(0, buffer + 3, 13, &count));
  EXPECT(count, 3);
  EXPECT(memcmp(buffer, "typed\n", 6), 0);
  OK(read_bytes(0, buffer, 1, &count));
  EXPECT(count, 0);
  EXPECT(write_text(0, "x", &count), __WASI_ERRNO_BADF);
  EXPECT(read_bytes(1, buffer, 1, &count), __WASI_ERRNO_BADF);
  for (__wasi_fd_t fd = 0; fd < 3; fd += 1) {
    OK(__wasi_fd_fdstat_get(fd, &stat));
    EXPECT(stat.fs_filetype, __WASI_FILETYPE_CHARACTER_DEVICE);
    EXPECT(stat.fs_rights_base & (__WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL), 0);
    OK(__wasi_fd_filestat_get(fd, &filestat));
    EXPECT(filestat.filetype, __WASI_FILETYPE_CHARACTER_DEVICE);
    EXPECT(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &place), __WASI_ERRNO_SPIPE);
    EXPECT(__wasi_fd_tell(fd, &place), __WASI_ERRNO_SPIPE);
    EXPECT(__wasi_fd_filestat_set_times(fd, 0, 0, 0), __WASI_ERRNO_BADF);
    EXPECT(__wasi_path_create_directory(fd, "x"), __WASI_ERRNO_NOTDIR);
    EXPECT(__wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD), __WASI_ERRNO_NOTSOCK);
  }
  __wasi_fd_t fd = open_file("other", __WASI_OFLAGS_CREAT, FILE_RIGHTS);
  OK(__wasi_fd_renumber(2, fd));
  EXPECT(__wasi_fd_fdstat_get(2, &stat), __WASI_ERRNO_BADF);
  OK(write_text(fd, "through another number\n", &count));
}
