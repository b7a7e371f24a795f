#include "check.h"

static void seeking(void) {
  __wasi_filesize_t place;
  size_t count;
  __wasi_fd_t fd = open_file("seek", __WASI_OFLAGS_CREAT, FILE_RIGHTS);
  OK(__wasi_fd_tell(fd, &place));
  EXPECT(place, 0);
  OK(write_text(fd, "0123456789", &count));
  EXPECT(count, 10);
  OK(__wasi_fd_tell(fd, &place));
  EXPECT(place, 10);
  OK(__wasi_fd_seek(fd, -5, __WASI_WHENCE_CUR, &place));
  EXPECT(place, 5);
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &place));
  EXPECT(place, 0);
  OK(__wasi_fd_seek(fd, -1, __WASI_WHENCE_END, &place));
  EXPECT(place, 9);
  EXPECT(__wasi_fd_seek(fd, -11, __WASI_WHENCE_END, &place), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &place), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_seek(fd, 0, 7, &place), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_seek(fd, INT64_MAX, __WASI_WHENCE_SET, &place), __WASI_ERRNO_OVERFLOW);
  OK(__wasi_fd_tell(fd, &place));
  EXPECT(place, 9);

  // Beyond the end: nothing to read, and a gap of zeros once something is written.
  char buffer[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  OK(__wasi_fd_seek(fd, 14, __WASI_WHENCE_SET, &place));
  OK(read_bytes(fd, buffer, 1, &count));
  EXPECT(count, 0);
  OK(write_text(fd, "!", &count));
  OK(__wasi_fd_seek(fd, 9, __WASI_WHENCE_SET, &place));
  OK(read_bytes(fd, buffer, 8, &count));
  EXPECT(count, 6);
  EXPECT(memcmp(buffer, "9\0\0\0\0!", 6), 0);
  EXPECT(buffer[6], 1);
  OK(__wasi_fd_close(fd));
}

static void at_places(void) {
  char a[2] = {0}, b[2] = {0};
  size_t count;
  __wasi_filesize_t place;
  __wasi_fd_t fd = open_file("places", __WASI_OFLAGS_CREAT, FILE_RIGHTS);
  __wasi_ciovec_t out[2] = {{(const uint8_t *)"ab", 2}, {(const uint8_t *)"cd", 2}};
  __wasi_iovec_t in[2] = {{(uint8_t *)a, 2}, {(uint8_t *)b, 2}};
  OK(__wasi_fd_pwrite(fd, out, 2, 0, &count));
  EXPECT(count, 4);
  OK(__wasi_fd_tell(fd, &place));
  EXPECT(place, 0);
  OK(__wasi_fd_pread(fd, in, 2, 1, &count));
  EXPECT(count, 3);
  EXPECT(memcmp(a, "bc", 2), 0);
  EXPECT(b[0], 'd');
  EXPECT(b[1], 0);
  OK(__wasi_fd_pread(fd, in, 2, 100, &count));
  EXPECT(count, 0);
  EXPECT(__wasi_fd_pread(fd, in, 2, UINT64_MAX, &count), __WASI_ERRNO_FBIG);
  OK(__wasi_fd_pwrite(fd, out, 0, 0, &count));
  EXPECT(count, 0);
  OK(__wasi_fd_pwrite(fd, out + 1, 1, 6, &count));
  __wasi_filestat_t stat;
  OK(__wasi_fd_filestat_get(fd, &stat));
  EXPECT(stat.size, 8);
  OK(__wasi_fd_close(fd));
}

static void appending(void) {
  size_t count;
  __wasi_fd_t fd;
  __wasi_filesize_t place;
  make_file("log", "one");
  OK(__wasi_path_open(DIR, 0, "log", 0, FILE_RIGHTS, 0, __WASI_FDFLAGS_APPEND, &fd));
  OK(write_text(fd, "two", &count));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &place));
  OK(write_text(fd, "three", &count));
  OK(__wasi_fd_tell(fd, &place));
  EXPECT(place, 11);
  EXPECT(strcmp(content_of("log"), "onetwothree"), 0);
  OK(__wasi_fd_fdstat_set_flags(fd, 0));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &place));
  OK(write_text(fd, "ONE", &count));
  EXPECT(strcmp(content_of("log"), "ONEtwothree"), 0);
  OK(__wasi_fd_close(fd));
}

static void two_descriptors_of_one_file(void) {
  char byte;
  size_t count;
  __wasi_fd_t reader = open_file("shared", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ);
  __wasi_fd_t writer = open_file("shared", 0, __WASI_RIGHTS_FD_WRITE);
  OK(write_text(writer, "x", &count));
  OK(read_bytes(reader, &byte, 1, &count));
  EXPECT(count, 1);
  EXPECT(byte, 'x');
  OK(__wasi_fd_close(reader));
  OK(__wasi_fd_close(writer));
}

static void sizes(void) {
  char buffer[16];
  size_t count;
  __wasi_filestat_t stat;
  make_file("size", "0123456789");
  __wasi_fd_t fd = open_file("size", 0, FILE_RIGHTS);
  OK(__wasi_fd_filestat_set_size(fd, 4));
  OK(__wasi_fd_filestat_set_size(fd, 8));
  OK(read_bytes(fd, buffer, 16, &count));
  EXPECT(count, 8);
  EXPECT(memcmp(buffer, "0123\0\0\0\0", 8), 0);
  OK(__wasi_fd_allocate(fd, 2, 4));
  OK(__wasi_fd_filestat_get(fd, &stat));
  EXPECT(stat.size, 8);
  OK(__wasi_fd_allocate(fd, 6, 10));
  OK(__wasi_fd_filestat_get(fd, &stat));
  EXPECT(stat.size, 16);
  EXPECT(__wasi_fd_allocate(fd, 0, 0), __WASI_ERRNO_INVAL);
  OK(__wasi_fd_advise(fd, 0, 4, __WASI_ADVICE_WILLNEED));
  EXPECT(__wasi_fd_advise(fd, 0, 4, 6), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_filestat_set_size(fd, UINT64_MAX), __WASI_ERRNO_FBIG);
  OK(__wasi_fd_sync(fd));
  OK(__wasi_fd_datasync(fd));
  OK(__wasi_fd_close(fd));
}

// A file of several mebibytes, at places where pieces of it meet.
static void large(void) {
  static uint8_t block[200000];
  size_t count;
  __wasi_filesize_t place;
  __wasi_fd_t fd = open_file("large", __WASI_OFLAGS_CREAT, FILE_RIGHTS);
  for (int i = 0; i < 20; i += 1) {
    memset(block, 'a' + i, sizeof block);
    __wasi_ciovec_t out = {block, sizeof block};
    OK(__wasi_fd_write(fd, &out, 1, &count));
    EXPECT(count, sizeof block);
  }
  uint8_t byte = 0;
  for (long at = 0; at < 4000000; at += 199999) {
    OK(__wasi_fd_seek(fd, at, __WASI_WHENCE_SET, &place));
    OK(read_bytes(fd, &byte, 1, &count));
    EXPECT(byte, 'a' + at / 200000);
  }
  OK(__wasi_fd_seek(fd, 1048000, __WASI_WHENCE_SET, &place));
  OK(read_bytes(fd, block, 200000, &count));
  EXPECT(count, 200000);
  EXPECT(block[0], 'a' + 5);
  EXPECT(block[151999], 'a' + 5);
  EXPECT(block[152000], 'a' + 6);
  OK(__wasi_fd_filestat_set_size(fd, 1048577));
  OK(__wasi_fd_filestat_set_size(fd, 3000000));
  OK(__wasi_fd_seek(fd, 1048576, __WASI_WHENCE_SET, &place));
  OK(read_bytes(fd, block, 2, &count));
  EXPECT(block[0], 'a' + 5);
  EXPECT(block[1], 0);
  OK(__wasi_fd_close(fd));
}

void check_reading(void) {
  seeking();
  at_places();
  appending();
  two_descriptors_of_one_file();
  sizes();
  large();
}
