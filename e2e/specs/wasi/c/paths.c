#include "check.h"
#include <stdlib.h>

void check_paths(void) {
  OK(__wasi_path_create_directory(DIR, "dir"));
  OK(__wasi_path_create_directory(DIR, "dir/nested"));
  make_file("dir/nested/file", "x");
  OK(try_open(DIR, "dir/.//nested/../../dir/nested/../nested///./file", 0, 0, 0));
  EXPECT(try_open(DIR, "/dir/nested/file", 0, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(try_open(DIR, "..", 0, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(try_open(DIR, "dir/nested/../../../work/dir/nested/file", 0, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(try_open(DIR, "../work/dir", 0, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(try_open(DIR, "dir/nested/file/", 0, 0, 0), __WASI_ERRNO_NOTDIR);
  EXPECT(try_open(DIR, "dir/nested/file///", 0, 0, 0), __WASI_ERRNO_NOTDIR);
  EXPECT(try_open(DIR, "dir/nested/file/.", 0, 0, 0), __WASI_ERRNO_NOTDIR);
  EXPECT(try_open(DIR, "dir/nested/file/..", 0, 0, 0), __WASI_ERRNO_NOTDIR);
  OK(try_open(DIR, "dir/nested/", 0, 0, 0));
  OK(try_open(DIR, "dir/nested///", 0, 0, 0));
  EXPECT(try_open(DIR, "", 0, 0, 0), __WASI_ERRNO_NOENT);
  EXPECT(try_open(DIR, "dir/missing/..", 0, 0, 0), __WASI_ERRNO_NOENT);
  EXPECT(try_open(DIR, "DIR", 0, 0, 0), __WASI_ERRNO_NOENT);
  EXPECT(try_open(DIR, "\xff\xfe", 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_ILSEQ);
  OK(try_open(DIR, "gr\xc3\xbc\xc3\x9f\x65 \xf0\x9f\x8e\x89", 0, __WASI_OFLAGS_CREAT, 0));
  OK(try_open(DIR, "__proto__", 0, __WASI_OFLAGS_CREAT, 0));
  EXPECT(type_of("constructor"), 255);

  static char name[5000];
  memset(name, 'n', 256);
  EXPECT(try_open(DIR, name, 0, __WASI_OFLAGS_CREAT, 0), __WASI_ERRNO_NAMETOOLONG);
  name[255] = 0;
  OK(try_open(DIR, name, 0, __WASI_OFLAGS_CREAT, 0));
  for (int i = 0; i < 4998; i += 2) memcpy(name + i, "./", 2);
  EXPECT(try_open(DIR, name, 0, 0, 0), __WASI_ERRNO_NAMETOOLONG);
  name[4094] = 0;
  OK(try_open(DIR, name, 0, 0, 0));

  // From a directory below, there is no way up either.
  __wasi_fd_t below;
  OK(__wasi_path_open(DIR, 0, "dir", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_PATH_OPEN, 0, 0, &below));
  OK(try_open(below, "nested/file", 0, 0, 0));
  EXPECT(try_open(below, "../dir/nested/file", 0, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  OK(__wasi_path_symlink("../dir/nested/file", DIR, "dir/up"));
  EXPECT(try_open(below, "up", 1, 0, 0), __WASI_ERRNO_NOTCAPABLE);
  OK(try_open(DIR, "dir/up", 1, 0, 0));
  OK(__wasi_fd_close(below));

  // Symlinks on the way, in circles, and one too many.
  OK(__wasi_path_symlink("dir/nested", DIR, "short"));
  OK(try_open(DIR, "short/file", 0, 0, 0));
  OK(try_open(DIR, "short/../nested/file", 0, 0, 0));
  OK(__wasi_path_symlink("two", DIR, "one"));
  OK(__wasi_path_symlink("one", DIR, "two"));
  EXPECT(try_open(DIR, "one", 1, 0, 0), __WASI_ERRNO_LOOP);
  EXPECT(try_open(DIR, "one/file", 0, 0, 0), __WASI_ERRNO_LOOP);
  make_file("chain0", "end");
  char from[16], to[16];
  for (int i = 1; i <= 41; i += 1) {
    snprintf(to, sizeof to, "chain%d", i - 1);
    snprintf(from, sizeof from, "chain%d", i);
    OK(__wasi_path_symlink(to, DIR, from));
  }
  OK(try_open(DIR, "chain40", 1, 0, 0));
  EXPECT(try_open(DIR, "chain41", 1, 0, 0), __WASI_ERRNO_LOOP);
}
