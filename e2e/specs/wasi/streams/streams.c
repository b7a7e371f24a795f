// A command that reads and prints as its arguments say.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint8_t block[1 << 20];
static volatile int never = 0;

// Writes to a descriptor without a buffer in between, as often as it takes. Answers errno.
static int write_all(int fd, const void *bytes, size_t length) {
  const uint8_t *at = bytes;
  while (length > 0) {
    const ssize_t count = write(fd, at, length);
    if (count < 0) return errno;
    at += count;
    length -= (size_t)count;
  }
  return 0;
}

static int write_text(int fd, const char *text) { return write_all(fd, text, strlen(text)); }

// "lines count": prints so many lines through stdio.
static int lines(int count) {
  for (int i = 0; i < count; i += 1) printf("line %d of a program that prints a lot of them\n", i);
  return 0;
}

// "bytes count piece": writes bytes of every value, in pieces. Prints the error on stderr.
static int bytes(long count, size_t piece) {
  for (size_t i = 0; i < sizeof block; i += 1) block[i] = (uint8_t)(i * 31 + (i >> 8));
  size_t at = 0;
  for (size_t left = (size_t)count; left > 0;) {
    size_t size = left < piece ? left : piece;
    if (size > sizeof block - at) size = sizeof block - at;
    const int error = write_all(1, block + at, size);
    if (error != 0) {
      fprintf(stderr, "errno %d with %zu left\n", error, left);
      return 1;
    }
    left -= size;
    at = (at + size) % sizeof block;
  }
  return 0;
}

// "echo": writes what it reads.
static int echo(void) {
  for (ssize_t count = read(0, block, 65536); count > 0; count = read(0, block, 65536)) {
    if (write_all(1, block, (size_t)count) != 0) return 1;
  }
  return 0;
}

// "prompt": asks for lines until there are no more.
static int prompt(void) {
  char line[256];
  for (;;) {
    fputs("Name? ", stdout);
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) return 0;
    printf("Hello, %s", line);
  }
}

// "each text...": writes each argument by a call of its own. In one of them, "\n", "\r" and "\xff" stand for that byte.
static int each(int count, char **texts) {
  for (int i = 0; i < count; i += 1) {
    char out[4096];
    size_t length = 0;
    for (const char *at = texts[i]; *at != 0 && length < sizeof out; at += 1) {
      if (at[0] != '\\') out[length++] = *at;
      else if (at[1] == 'x') {
        const char digits[3] = {at[2], at[3], 0};
        out[length++] = (char)strtol(digits, NULL, 16);
        at += 3;
      } else {
        out[length++] = at[1] == 'n' ? '\n' : '\r';
        at += 1;
      }
    }
    if (write_all(1, out, length) != 0) return 1;
  }
  return 0;
}

// "list": prints arguments and environment.
extern char **environ;
static int list(int count, char **arguments) {
  for (int i = 0; i < count; i += 1) printf("%s\n", arguments[i]);
  for (char **one = environ; one != NULL && *one != NULL; one += 1) printf("%s\n", *one);
  return 0;
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  const long number = count > 2 ? atol(arguments[2]) : 0;
  if (strcmp(what, "lines") == 0) return lines((int)number);
  if (strcmp(what, "bytes") == 0) return bytes(number, count > 3 ? (size_t)atol(arguments[3]) : 65536);
  if (strcmp(what, "echo") == 0) return echo();
  if (strcmp(what, "prompt") == 0) return prompt();
  if (strcmp(what, "each") == 0) return each(count - 2, arguments + 2);
  if (strcmp(what, "list") == 0) return list(count, arguments);
  // The rest floods standard output first, then ends in its own way.
  if (lines((int)number) != 0) return 1;
  fflush(stdout);
  if (strcmp(what, "complain") == 0) return write_text(2, "and then it went wrong\n");
  if (strcmp(what, "trap") == 0) __builtin_trap();
  if (strcmp(what, "exit") == 0) _Exit(3);
  while (strcmp(what, "hang") == 0 && !never) {}
  while (strcmp(what, "flood") == 0) write_text(1, "a line of a program that never ends\n");
  return 2;
}
