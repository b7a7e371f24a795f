#include "check.h"

static void hard(void) {
  __wasi_filestat_t one, two;
  make_file("file", "text");
  OK(__wasi_path_link(DIR, 0, "file", DIR, "link"));
  OK(__wasi_path_filestat_get(DIR, 0, "file", &one));
  OK(__wasi_path_filestat_get(DIR, 0, "link", &two));
  EXPECT(one.ino == two.ino, 1);
  EXPECT(one.nlink, 2);
  make_file("link", "new text");
  EXPECT(strcmp(content_of("file"), "new text"), 0);
  OK(__wasi_path_rename(DIR, "file", DIR, "link"));
  EXPECT(type_of("file"), __WASI_FILETYPE_REGULAR_FILE);
  EXPECT(__wasi_path_link(DIR, 0, "file", DIR, "link"), __WASI_ERRNO_EXIST);
  EXPECT(__wasi_path_link(DIR, 0, "file", DIR, "file"), __WASI_ERRNO_EXIST);
  OK(__wasi_path_unlink_file(DIR, "file"));
  EXPECT(strcmp(content_of("link"), "new text"), 0);
  OK(__wasi_path_filestat_get(DIR, 0, "link", &two));
  EXPECT(two.nlink, 1);
  OK(__wasi_path_create_directory(DIR, "dir"));
  EXPECT(__wasi_path_link(DIR, 0, "dir", DIR, "other"), __WASI_ERRNO_PERM);
  EXPECT(__wasi_path_link(DIR, 0, "link", DIR, "dir"), __WASI_ERRNO_EXIST);
  EXPECT(__wasi_path_link(DIR, 0, "missing", DIR, "other"), __WASI_ERRNO_NOENT);
  EXPECT(__wasi_path_link(DIR, 0, "link", DIR, "other/"), __WASI_ERRNO_NOENT);
  EXPECT(__wasi_path_link(DIR, 0, "link/", DIR, "other"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_link(DIR, 0, "link", DIR + 1, "other"), __WASI_ERRNO_XDEV);
  OK(__wasi_path_link(DIR, 0, "link", DIR, "dir/other"));
}

static void symbolic(void) {
  uint8_t buffer[16] = {0};
  size_t used;
  __wasi_filestat_t stat;
  OK(__wasi_path_symlink("target", DIR, "symlink"));
  EXPECT(type_of("symlink"), __WASI_FILETYPE_SYMBOLIC_LINK);
  OK(__wasi_path_readlink(DIR, "symlink", buffer, 16, &used));
  EXPECT(used, 6);
  EXPECT(memcmp(buffer, "target\0", 7), 0);
  OK(__wasi_path_readlink(DIR, "symlink", buffer, 4, &used));
  EXPECT(used, 4);
  OK(__wasi_path_filestat_get(DIR, 0, "symlink", &stat));
  EXPECT(stat.size, 6);
  EXPECT(__wasi_path_filestat_get(DIR, 1, "symlink", &stat), __WASI_ERRNO_NOENT);
  EXPECT(try_open(DIR, "symlink", 0, 0, 0), __WASI_ERRNO_LOOP);
  EXPECT(try_open(DIR, "symlink", 0, __WASI_OFLAGS_DIRECTORY, 0), __WASI_ERRNO_LOOP);
  EXPECT(try_open(DIR, "symlink", 1, 0, 0), __WASI_ERRNO_NOENT);
  make_file("target", "found");
  EXPECT(strcmp(content_of("symlink"), "found"), 0);
  EXPECT(try_open(DIR, "symlink", 1, __WASI_OFLAGS_DIRECTORY, 0), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_readlink(DIR, "target", buffer, 16, &used), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_path_readlink(DIR, "missing", buffer, 16, &used), __WASI_ERRNO_NOENT);

  EXPECT(__wasi_path_symlink("/", DIR, "absolute"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_path_symlink("", DIR, "empty"), __WASI_ERRNO_NOENT);
  EXPECT(__wasi_path_symlink("x", DIR, "symlink"), __WASI_ERRNO_EXIST);
  EXPECT(__wasi_path_symlink("x", DIR, "target"), __WASI_ERRNO_EXIST);
  EXPECT(__wasi_path_symlink("x", DIR, "target/"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_symlink("x", DIR, "dir/"), __WASI_ERRNO_EXIST);
  EXPECT(__wasi_path_symlink("x", DIR, "missing/"), __WASI_ERRNO_NOENT);

  // A link to a link is to the link itself, unless it is to follow.
  OK(__wasi_path_link(DIR, 0, "symlink", DIR, "second"));
  EXPECT(type_of("second"), __WASI_FILETYPE_SYMBOLIC_LINK);
  OK(__wasi_path_link(DIR, 1, "symlink", DIR, "followed"));
  EXPECT(type_of("followed"), __WASI_FILETYPE_REGULAR_FILE);
  OK(__wasi_path_unlink_file(DIR, "target"));
  EXPECT(__wasi_path_link(DIR, 1, "symlink", DIR, "third"), __WASI_ERRNO_NOENT);

  OK(__wasi_path_symlink("dir", DIR, "to-dir"));
  OK(try_open(DIR, "to-dir", 1, __WASI_OFLAGS_DIRECTORY, 0));
  EXPECT(try_open(DIR, "to-dir", 0, __WASI_OFLAGS_DIRECTORY, 0), __WASI_ERRNO_LOOP);
  OK(try_open(DIR, "to-dir/", 0, __WASI_OFLAGS_DIRECTORY, 0));
}

void check_links(void) {
  hard();
  symbolic();
}
