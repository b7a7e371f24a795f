#include "check.h"

static void directories(void) {
  OK(__wasi_path_create_directory(DIR, "dir"));
  EXPECT(__wasi_path_create_directory(DIR, "dir"), __WASI_ERRNO_EXIST);
  EXPECT(__wasi_path_create_directory(DIR, "dir/"), __WASI_ERRNO_EXIST);
  EXPECT(__wasi_path_create_directory(DIR, "."), __WASI_ERRNO_EXIST);
  OK(__wasi_path_create_directory(DIR, "dir/slashed/"));
  EXPECT(__wasi_path_create_directory(DIR, "none/dir"), __WASI_ERRNO_NOENT);
  EXPECT(__wasi_path_remove_directory(DIR, "dir"), __WASI_ERRNO_NOTEMPTY);
  OK(__wasi_path_remove_directory(DIR, "dir/slashed/"));
  OK(__wasi_path_remove_directory(DIR, "dir"));
  EXPECT(__wasi_path_remove_directory(DIR, "dir"), __WASI_ERRNO_NOENT);
  EXPECT(__wasi_path_remove_directory(DIR, "."), __WASI_ERRNO_INVAL);
  make_file("file", "");
  EXPECT(__wasi_path_create_directory(DIR, "file"), __WASI_ERRNO_EXIST);
  EXPECT(__wasi_path_create_directory(DIR, "file/dir"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_remove_directory(DIR, "file"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_remove_directory(DIR, "file/"), __WASI_ERRNO_NOTDIR);
}

static void unlinking(void) {
  OK(__wasi_path_create_directory(DIR, "dir"));
  EXPECT(__wasi_path_unlink_file(DIR, "dir"), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_path_unlink_file(DIR, "dir/"), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_path_unlink_file(DIR, "."), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_path_unlink_file(DIR, "file/"), __WASI_ERRNO_NOTDIR);
  OK(__wasi_path_unlink_file(DIR, "file"));
  EXPECT(__wasi_path_unlink_file(DIR, "file"), __WASI_ERRNO_NOENT);
  OK(__wasi_path_symlink("dir", DIR, "link"));
  EXPECT(__wasi_path_remove_directory(DIR, "link"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_remove_directory(DIR, "link/"), __WASI_ERRNO_NOTDIR);
  EXPECT(__wasi_path_unlink_file(DIR, "link/"), __WASI_ERRNO_NOTDIR);
  OK(__wasi_path_unlink_file(DIR, "link"));
  EXPECT(type_of("dir"), __WASI_FILETYPE_DIRECTORY);
}

void check_entries(void) {
  directories();
  unlinking();
}
