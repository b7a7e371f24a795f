#include "check.h"
#include <stdlib.h>

int checks = 0, failures = 0;

__wasi_errno_t try_open(__wasi_fd_t dir, const char *path, __wasi_lookupflags_t lookup, __wasi_oflags_t oflags,
                        __wasi_rights_t rights) {
  __wasi_fd_t fd;
  __wasi_errno_t error = __wasi_path_open(dir, lookup, path, oflags, rights, 0, 0, &fd);
  if (error == 0) (void)!__wasi_fd_close(fd);
  return error;
}

__wasi_fd_t open_file(const char *path, __wasi_oflags_t oflags, __wasi_rights_t rights) {
  __wasi_fd_t fd = 0;
  OK(__wasi_path_open(DIR, 0, path, oflags, rights, 0, 0, &fd));
  EXPECT(fd > 2, 1);
  return fd;
}

__wasi_errno_t write_text(__wasi_fd_t fd, const char *text, size_t *written) {
  __wasi_ciovec_t vec = {(const uint8_t *)text, strlen(text)};
  return __wasi_fd_write(fd, &vec, 1, written);
}

__wasi_errno_t read_bytes(__wasi_fd_t fd, void *buffer, size_t length, size_t *count) {
  __wasi_iovec_t vec = {buffer, length};
  return __wasi_fd_read(fd, &vec, 1, count);
}

void make_file(const char *path, const char *content) {
  size_t written;
  __wasi_fd_t fd = open_file(path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, FILE_RIGHTS);
  OK(write_text(fd, content, &written));
  OK(__wasi_fd_close(fd));
}

int type_of(const char *path) {
  __wasi_filestat_t stat;
  return __wasi_path_filestat_get(DIR, 0, path, &stat) == 0 ? stat.filetype : 255;
}

const char *content_of(const char *path) {
  static char buffer[256];
  size_t count = 0;
  __wasi_fd_t fd;
  if (__wasi_path_open(DIR, 1, path, 0, FILE_RIGHTS, 0, 0, &fd) != 0) return "";
  if (read_bytes(fd, buffer, sizeof buffer - 1, &count) != 0) count = 0;
  (void)!__wasi_fd_close(fd);
  buffer[count] = 0;
  return buffer;
}

static const struct {
  const char *name;
  void (*run)(void);
} sections[] = {
    {"descriptors", check_descriptors}, {"streams", check_streams},     {"reading", check_reading},
    {"opening", check_opening},         {"paths", check_paths},         {"entries", check_entries},
    {"renaming", check_renaming},       {"links", check_links},         {"listing", check_listing},
    {"status", check_status},           {"rights", check_rights},       {"system", check_system},
    {"polling", check_polling},         {"read-only", check_read_only}, {"quota", check_quota},
};

// The section is the first argument. Prints what failed; exits with 1 if anything did.
int main(int argc, char **argv) {
  const char *wanted = argc > 1 ? argv[1] : "";
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i += 1) {
    if (strcmp(sections[i].name, wanted) != 0) continue;
    sections[i].run();
    printf("%s: %d checks, %d failed\n", wanted, checks, failures);
    return failures == 0 ? 0 : 1;
  }
  printf("there is no section \"%s\"\n", wanted);
  return 2;
}
