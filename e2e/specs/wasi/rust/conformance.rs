// What a Rust program does with the standard library alone: files, time, threads' sleep, randomness, arguments. It prints
// what failed, and exits with 1 if anything did.
use std::collections::hash_map::RandomState;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

extern "C" {
    fn symlink(target: *const u8, path: *const u8) -> i32;
}

struct Checks {
    count: u32,
    failed: u32,
}

impl Checks {
    fn that(&mut self, holds: bool, what: &str) {
        self.count += 1;
        if !holds {
            self.failed += 1;
            println!("{what}");
        }
    }

    fn fails<T>(&mut self, result: io::Result<T>, kind: ErrorKind, what: &str) {
        match result {
            Ok(_) => self.that(false, &format!("{what}: worked")),
            Err(error) => self.that(error.kind() == kind, &format!("{what}: {error} is {:?}", error.kind())),
        }
    }

    // For errors that have no kind of their own in this release of the standard library.
    fn fails_with<T>(&mut self, result: io::Result<T>, errno: i32, what: &str) {
        match result {
            Ok(_) => self.that(false, &format!("{what}: worked")),
            Err(error) => self.that(error.raw_os_error() == Some(errno), &format!("{what}: {error}")),
        }
    }
}

const NOT_EMPTY: i32 = 55;
const IS_DIRECTORY: i32 = 31;
const NOT_DIRECTORY: i32 = 54;

fn files(checks: &mut Checks) -> io::Result<()> {
    fs::write("/work/text", "one\ntwo\nthree\n")?;
    checks.that(fs::read_to_string("/work/text")? == "one\ntwo\nthree\n", "a file is read back");
    let mut file = OpenOptions::new().read(true).write(true).open("/work/text")?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(b"TWO")?;
    file.seek(SeekFrom::End(-6))?;
    let mut end = String::new();
    file.read_to_string(&mut end)?;
    checks.that(end == "three\n", "reading from the end");
    file.set_len(7)?;
    checks.that(file.metadata()?.len() == 7, "a file is cut");
    file.sync_all()?;
    drop(file);
    let mut log = OpenOptions::new().append(true).open("/work/text")?;
    log.write_all(b"!")?;
    checks.that(fs::read("/work/text")? == b"one\nTWO!", "appending");
    checks.fails(File::open("/work/missing"), ErrorKind::NotFound, "opening what is not there");
    checks.fails(OpenOptions::new().write(true).create_new(true).open("/work/text"), ErrorKind::AlreadyExists, "creating anew");
    checks.that(File::open("/etc/passwd").is_err(), "nothing outside is there");
    checks.that(File::open("/work/../etc/passwd").is_err(), "nor by a way up");
    checks.fails_with(fs::read("/work"), IS_DIRECTORY, "reading a directory as a file");
    checks.that(fs::copy("/work/text", "/work/copy")? == 8, "copying");
    fs::remove_file("/work/copy")?;
    let large: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    fs::write("/work/large", &large)?;
    checks.that(fs::read("/work/large")? == large, "three megabytes come back");
    fs::remove_file("/work/large")
}

fn directories(checks: &mut Checks) -> io::Result<()> {
    fs::create_dir_all("/work/a/b/c")?;
    fs::write("/work/a/b/file", "x")?;
    checks.that(Path::new("/work/a/b/c").is_dir(), "directories are made on the way");
    checks.fails(fs::create_dir("/work/a"), ErrorKind::AlreadyExists, "making a directory twice");
    checks.fails_with(fs::remove_dir("/work/a"), NOT_EMPTY, "removing a directory that is not empty");
    checks.fails_with(fs::read_dir("/work/a/b/file"), NOT_DIRECTORY, "listing a file");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir("/work/a/b")? {
        let entry = entry?;
        names.insert((entry.file_name().into_string().unwrap(), entry.file_type()?.is_dir()));
    }
    let expected = BTreeSet::from([("c".to_string(), true), ("file".to_string(), false)]);
    checks.that(names == expected, "a directory lists what is in it");
    for number in 0..300 {
        fs::write(format!("/work/a/b/c/{number}"), "")?;
    }
    checks.that(fs::read_dir("/work/a/b/c")?.count() == 300, "three hundred files are listed");
    fs::rename("/work/a/b", "/work/moved")?;
    checks.that(fs::read_to_string("/work/moved/file")? == "x", "a directory takes along what is in it");
    fs::remove_dir_all("/work/moved")?;
    checks.that(!Path::new("/work/moved").exists(), "a whole tree is removed");
    fs::hard_link("/work/text", "/work/linked")?;
    fs::write("/work/linked", "both")?;
    checks.that(fs::read_to_string("/work/text")? == "both", "two names of one file");
    // The standard library has no stable way to make one; the C library that it is linked with has.
    checks.that(unsafe { symlink("text\0".as_ptr(), "/work/symbolic\0".as_ptr()) } == 0, "a symbolic link is made");
    checks.that(fs::read_to_string("/work/symbolic")? == "both", "through a symbolic link");
    checks.that(fs::read_link("/work/symbolic")? == Path::new("text"), "where a link leads");
    checks.that(fs::symlink_metadata("/work/symbolic")?.file_type().is_symlink(), "a link is a link");
    Ok(())
}

fn time(checks: &mut Checks) -> io::Result<()> {
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(30));
    let took = start.elapsed();
    checks.that(took >= Duration::from_millis(28) && took < Duration::from_secs(5), &format!("sleeping 30 ms took {took:?}"));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    checks.that(now > Duration::from_secs(1_577_836_800), "it is after 2020");
    let modified = fs::metadata("/work/text")?.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    checks.that(modified <= now && now - modified < Duration::from_secs(60), "the file was written just now");
    Ok(())
}

fn surroundings(checks: &mut Checks) -> io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    checks.that(args == ["rust", "grüße"], &format!("arguments {args:?}"));
    checks.that(std::env::var("NAME").as_deref() == Ok("value"), "an environment variable");
    checks.that(std::env::vars().count() == 1, "and no other");
    let lines: Vec<String> = io::stdin().lock().lines().collect::<Result<_, _>>()?;
    checks.that(lines == ["first", "second"], &format!("standard input {lines:?}"));
    let random = || RandomState::new().build_hasher().finish();
    checks.that(random() != random(), "hash maps are seeded");
    eprintln!("said on standard error");
    Ok(())
}

fn main() {
    let mut checks = Checks { count: 0, failed: 0 };
    for part in [files, directories, time, surroundings] {
        if let Err(error) = part(&mut checks) {
            checks.that(false, &format!("unexpectedly: {error}"));
        }
    }
    println!("rust: {} checks, {} failed", checks.count, checks.failed);
    std::process::exit(i32::from(checks.failed > 0));
}
