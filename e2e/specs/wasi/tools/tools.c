// A plug-in that does with files, streams and time what its input says.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../../demo/plugins/extism-abi.h"

static char input[4096];

static const char *read_input(void) {
  uint64_t length = extism_input_length();
  if (length >= sizeof input) length = sizeof input - 1;
  for (uint64_t at = 0; at < length; at++) input[at] = (char)extism_input_load_u8(at);
  input[length] = 0;
  return input;
}

static int32_t answer(const char *text) {
  const ExtismHandle block = extism_store(text, strlen(text));
  if (block != 0) extism_output_set(block, strlen(text));
  return 0;
}

static int32_t answer_number(long long number) {
  char text[32];
  snprintf(text, sizeof text, "%lld", number);
  return answer(text);
}

static int32_t fail(void) {
  char text[64];
  snprintf(text, sizeof text, "errno %d", errno);
  extism_error_set(extism_store(text, strlen(text)));
  return 1;
}

// "path text": adds the text to the file. Answers the file's size.
EXTISM_EXPORT("append") int32_t append(void) {
  char *path = (char *)read_input(), *text = strchr(path, ' ');
  *text++ = 0;
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0) return fail();
  struct stat status;
  const bool written = write(fd, text, strlen(text)) >= 0;
  const int error = errno;
  fstat(fd, &status);
  close(fd);
  errno = error;
  return written ? answer_number(status.st_size) : fail();
}

// "path": answers what is in the file.
EXTISM_EXPORT("read_text") int32_t read_text(void) {
  static char text[4096];
  const int fd = open(read_input(), O_RDONLY);
  if (fd < 0) return fail();
  const ssize_t count = read(fd, text, sizeof text - 1);
  close(fd);
  if (count < 0) return fail();
  text[count] = 0;
  return answer(text);
}

// "path": answers the names in the directory, sorted, with spaces between.
EXTISM_EXPORT("list") int32_t list(void) {
  struct dirent **entries;
  const int count = scandir(read_input(), &entries, NULL, alphasort);
  if (count < 0) return fail();
  static char text[4096];
  size_t length = 0;
  for (int i = 0; i < count; i += 1) {
    if (entries[i]->d_name[0] != '.') length += snprintf(text + length, sizeof text - length, "%s ", entries[i]->d_name);
  }
  text[length == 0 ? 0 : length - 1] = 0;
  return answer(text);
}

EXTISM_EXPORT("make_directory") int32_t make_directory(void) { return mkdir(read_input(), 0700) == 0 ? 0 : fail(); }
EXTISM_EXPORT("remove_file") int32_t remove_file(void) { return unlink(read_input()) == 0 ? 0 : fail(); }

// "from to"
EXTISM_EXPORT("rename_file") int32_t rename_file(void) {
  char *from = (char *)read_input(), *to = strchr(from, ' ');
  *to++ = 0;
  return rename(from, to) == 0 ? 0 : fail();
}

// "from to": gives a file a second name.
EXTISM_EXPORT("link_file") int32_t link_file(void) {
  char *from = (char *)read_input(), *to = strchr(from, ' ');
  *to++ = 0;
  return link(from, to) == 0 ? 0 : fail();
}

// "target path": makes a symbolic link.
EXTISM_EXPORT("link_symbolically") int32_t link_symbolically(void) {
  char *target = (char *)read_input(), *path = strchr(target, ' ');
  *path++ = 0;
  return symlink(target, path) == 0 ? 0 : fail();
}

// "path seconds": sets when an entry was modified.
EXTISM_EXPORT("set_modified") int32_t set_modified(void) {
  char *path = (char *)read_input(), *seconds = strchr(path, ' ');
  *seconds++ = 0;
  const struct timespec times[2] = {{.tv_sec = atoll(seconds)}, {.tv_sec = atoll(seconds), .tv_nsec = 123456789}};
  return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : fail();
}

// "path": answers kind, links, inode and time of modification of an entry, in nanoseconds.
EXTISM_EXPORT("describe") int32_t describe(void) {
  struct stat status;
  if (lstat(read_input(), &status) != 0) return fail();
  const char *kind = S_ISLNK(status.st_mode) ? "symlink" : S_ISDIR(status.st_mode) ? "directory" : "file";
  static char text[256];
  snprintf(text, sizeof text, "%s links=%llu inode=%llu modified=%lld%09ld", kind, (unsigned long long)status.st_nlink,
           (unsigned long long)status.st_ino, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  return answer(text);
}

static uint8_t block[1 << 20];

// "path megabytes": writes a file of so many mebibytes.
EXTISM_EXPORT("write_megabytes") int32_t write_megabytes(void) {
  char *path = (char *)read_input(), *count = strchr(path, ' ');
  *count++ = 0;
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return fail();
  for (int left = atoi(count); left > 0; left -= 1) {
    memset(block, left, sizeof block);
    if (write(fd, block, sizeof block) != sizeof block) return fail();
  }
  close(fd);
  return 0;
}

// "path": reads it whole. Answers how many bytes there were.
EXTISM_EXPORT("read_megabytes") int32_t read_megabytes(void) {
  const int fd = open(read_input(), O_RDONLY);
  if (fd < 0) return fail();
  long long total = 0;
  for (ssize_t count = read(fd, block, sizeof block); count > 0; count = read(fd, block, sizeof block)) total += count;
  close(fd);
  return answer_number(total);
}

// "count": prints so many lines.
EXTISM_EXPORT("print_lines") int32_t print_lines(void) {
  const int count = atoi(read_input());
  for (int i = 0; i < count; i += 1) printf("line %d of a program that prints a lot of them\n", i);
  return 0;
}

// Prints the input on standard output as it is.
EXTISM_EXPORT("print") int32_t print(void) {
  fputs(read_input(), stdout);
  fflush(stdout);
  return 0;
}

EXTISM_EXPORT("complain") int32_t complain(void) {
  fputs(read_input(), stderr);
  return 0;
}

// "milliseconds"
EXTISM_EXPORT("sleep_for") int32_t sleep_for(void) {
  usleep(atoi(read_input()) * 1000);
  return answer("awake");
}

// "code"
EXTISM_EXPORT("leave") int32_t leave(void) {
  const int code = atoi(read_input());
  answer("left");
  _Exit(code);
}
