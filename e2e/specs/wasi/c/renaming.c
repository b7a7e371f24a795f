#include "check.h"

void check_renaming(void) {
  OK(__wasi_path_create_directory(DIR, "source"));
  OK(__wasi_path_rename(DIR, "source", DIR, "target"));
  EXPECT(type_of("source"), 255);
  EXPECT(type_of("target"), __WASI_FILETYPE_DIRECTORY);
  OK(__wasi_path_rename(DIR, "target/", DIR, "source"));
  OK(__wasi_path_rename(DIR, "source", DIR, "target/"));
  OK(__wasi_path_create_directory(DIR, "source"));
  OK(__wasi_path_rename(DIR, "source", DIR, "target"));
  EXPECT(type_of("source"), 255);

  OK(__wasi_path_create_directory(DIR, "source"));
  make_file("target/file", "kept");
  EXPECT(__wasi_path_rename(DIR, "source", DIR, "target"), __WASI_ERRNO_NOTEMPTY);
  EXPECT(__wasi_path_rename(DIR, "source", DIR, "target/file"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_rename(DIR, "target", DIR, "target/below"), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_path_rename(DIR, "target", DIR, "target/file/below"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_rename(DIR, ".", DIR, "dot"), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_path_rename(DIR, "missing", DIR, "target"), __WASI_ERRNO_NOENT);

  make_file("one", "1");
  make_file("two", "2");
  OK(__wasi_path_rename(DIR, "one", DIR, "one"));
  OK(__wasi_path_rename(DIR, "one", DIR, "two"));
  EXPECT(strcmp(content_of("two"), "1"), 0);
  EXPECT(type_of("one"), 255);
  EXPECT(__wasi_path_rename(DIR, "two", DIR, "source"), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_path_rename(DIR, "two/", DIR, "three"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_rename(DIR, "two", DIR, "three/"), __WASI_ERRNO_NOTDIR);
  OK(__wasi_path_rename(DIR, "two", DIR, "target/moved"));
  EXPECT(strcmp(content_of("target/moved"), "1"), 0);

  // A directory that moved takes along what is in it, and who has it open.
  __wasi_fd_t inside;
  OK(__wasi_path_open(DIR, 0, "target", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_PATH_OPEN, 0, 0, &inside));
  OK(__wasi_path_rename(DIR, "target", DIR, "source/deeper"));
  EXPECT(strcmp(content_of("source/deeper/file"), "kept"), 0);
  OK(try_open(inside, "file", 0, 0, 0));
  OK(__wasi_fd_close(inside));

  OK(__wasi_path_symlink("nowhere", DIR, "link"));
  OK(__wasi_path_rename(DIR, "link", DIR, "renamed"));
  EXPECT(type_of("renamed"), __WASI_FILETYPE_SYMBOLIC_LINK);
  // The second directory is another one altogether.
  EXPECT(__wasi_path_rename(DIR, "renamed", DIR + 1, "renamed"), __WASI_ERRNO_XDEV);
}
