//! An open run folder: its spec, and the lock that lets one program write.

use super::{atomic, checkpoint, name};
use crate::spec::{RUN_FORMAT, RunSpec};
use anyhow::{Result, anyhow, bail};
use serde::Deserialize;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SPEC_LIMIT: u64 = 1 << 20;

/// A run folder that is open here. While it lives no other program can write to the run.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    spec: RunSpec,
    hold: Hold,
    crashed: bool,
}

/// How a run folder is held.
#[derive(Debug)]
enum Hold {
    /// Ours: the lock goes when the file is closed.
    Ours(#[allow(dead_code)] File),
    /// Another process holds the lock.
    Busy,
    /// The folder cannot be written to.
    Denied,
}

impl RunFolder {
    /// Makes a run folder and holds it. The path must not exist or be an empty folder; the error is one sentence.
    pub fn create(path: &Path, spec: &RunSpec) -> Result<Self> {
        refuse_used(path)?;
        let text = spec_text(spec)?;
        let new = !path.exists();
        let folder = Self::begin(path, spec, &text);
        if folder.is_err() && new {
            // Only what was just made, and only if nobody else put something there.
            let _ = fs::remove_file(path.join(name::LOCK));
            let _ = fs::remove_dir(path);
        }
        folder
    }

    fn begin(path: &Path, spec: &RunSpec, text: &str) -> Result<Self> {
        atomic::make_folder(path).map_err(|e| atomic::sentence(path, &e))?;
        let lock = path.join(name::LOCK);
        let hold = match take_lock(&lock) {
            Ok(Hold::Busy) => bail!("Another Latent Studio is just beginning a run in {}.", path.display()),
            Ok(hold) => hold,
            Err(e) => return Err(atomic::sentence(path, &e)),
        };
        refuse_used(path)?;
        atomic::write(&path.join(name::SPEC), text.as_bytes())?;
        Ok(Self { path: path.to_owned(), spec: spec.clone(), hold, crashed: false })
    }

    /// Opens a run folder. If another program holds it, or it can't be written, it is open for reading only. An error of
    /// one sentence when there is no run, or its `run.toml` is broken or newer than this program.
    pub fn open(path: &Path) -> Result<Self> {
        // First, so that nothing is made in a folder that is no run.
        read_spec(path)?;
        let hold = match take_lock(&path.join(name::LOCK)) {
            Ok(Hold::Ours(lock)) if atomic::probe(path).is_ok() => Hold::Ours(lock),
            Ok(Hold::Busy) => Hold::Busy,
            _ => Hold::Denied,
        };
        // Again, now that nobody else can change it.
        let spec = read_spec(path)?;
        let crashed = !matches!(hold, Hold::Busy) && path.join(name::TRAINING).exists();
        let folder = Self { path: path.to_owned(), spec, hold, crashed };
        if folder.writable() {
            atomic::sweep(path);
            atomic::sweep(&path.join(name::SAMPLES));
            checkpoint::recover(path);
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The spec, as it stands in `run.toml`.
    pub fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// Whether the run can be continued here.
    pub fn writable(&self) -> bool {
        matches!(self.hold, Hold::Ours(_))
    }

    /// Why it can't be continued here, as one sentence; nothing when it can.
    pub fn why_read_only(&self) -> Option<String> {
        let path = self.path.display();
        match self.hold {
            Hold::Ours(_) => None,
            Hold::Busy => Some(format!("Another Latent Studio works on {path}, so it is open for viewing only.")),
            Hold::Denied => Some(format!("There is no permission to write to {path}, so it is open for viewing only.")),
        }
    }

    /// Writes another spec, raised steps or moved data, in place of the present one. After an error nothing has changed.
    pub fn set_spec(&mut self, spec: RunSpec) -> Result<()> {
        self.refuse_read_only()?;
        atomic::write(&self.path.join(name::SPEC), spec_text(&spec)?.as_bytes())?;
        self.spec = spec;
        Ok(())
    }

    /// Notes on disk that the run trains, or that it has ended in order.
    pub fn set_training(&self, on: bool) -> Result<()> {
        self.refuse_read_only()?;
        let marker = self.path.join(name::TRAINING);
        if on {
            return atomic::write(
                &marker,
                b"While this file is here the run trains, or its program went away without ending it.\n",
            );
        }
        atomic::remove_file(&marker).and_then(|()| atomic::sync_folder(&self.path)).map_err(|e| {
            anyhow!("{} can't be removed ({e}); the run will look as if it had crashed.", marker.display())
        })
    }

    /// Whether, when it was opened, the run was marked as training although no program held it.
    pub fn crashed(&self) -> bool {
        self.crashed
    }

    fn refuse_read_only(&self) -> Result<()> {
        self.why_read_only().map_or(Ok(()), |why| Err(anyhow!("{why} Nothing was changed.")))
    }
}

/// Whether a folder holds a run.
pub fn is_run(path: &Path) -> bool {
    path.join(name::SPEC).is_file()
}

/// Whether some program, this one included, holds a run for writing.
pub fn is_busy(path: &Path) -> bool {
    let lock = File::open(path.join(name::LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Reads the spec of a run without holding it; the error is one sentence.
pub fn read_spec(path: &Path) -> Result<RunSpec> {
    let file = path.join(name::SPEC);
    if !file.exists() {
        bail!("There is no run in {}: it has no run.toml.", path.display());
    }
    parse_spec(&atomic::read(&file, SPEC_LIMIT)?, &file)
}

fn parse_spec(bytes: &[u8], file: &Path) -> Result<RunSpec> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let file = file.display();
    let text = std::str::from_utf8(bytes).map_err(|_| anyhow!("{file} can't be read: it is not text in UTF-8."))?;
    let broken = |e: toml::de::Error| {
        let before = e.span().and_then(|at| text.get(..at.start)).unwrap_or_default();
        let line = before.split('\n').count();
        anyhow!("{file} can't be read: line {line}: {}.", e.message().replace('\n', " ").trim_end_matches('.'))
    };
    let version: Version = toml::from_str(text).map_err(broken)?;
    if version.format > RUN_FORMAT {
        bail!("{file} was written by a newer Latent Studio; update to open it.");
    }
    toml::from_str(text).map_err(broken)
}

fn spec_text(spec: &RunSpec) -> Result<String> {
    let text = toml::to_string(spec).map_err(|e| anyhow!("The run's settings can't be written to run.toml: {e}."))?;
    // Not every number fits: what would come back otherwise must not be written.
    if toml::from_str::<RunSpec>(&text).is_ok_and(|back| back == *spec) {
        Ok(text)
    } else {
        bail!(
            "The run's settings hold a value that run.toml can't keep; seeds go up to {} and numbers are finite.",
            i64::MAX
        )
    }
}

fn refuse_used(path: &Path) -> Result<()> {
    if path.join(name::SPEC).symlink_metadata().is_ok() {
        bail!("{} already holds a run; use --resume to continue it.", path.display());
    }
    let mut entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) if e.kind() == ErrorKind::NotADirectory => {
            bail!("{} is a file, or leads through one; choose a new or an empty folder for the run.", path.display())
        }
        Err(e) => return Err(atomic::sentence(path, &e)),
    };
    if entries.any(|e| e.is_ok_and(|e| e.file_name() != name::LOCK)) {
        bail!("{} is not empty; choose a new or an empty folder for the run.", path.display());
    }
    Ok(())
}

fn take_lock(path: &Path) -> io::Result<Hold> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    // Somebody who only looks whether the run is busy holds the lock for a moment.
    for _ in 0..3 {
        match file.try_lock() {
            Ok(()) => return Ok(Hold::Ours(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            // A file system without locks: better than not to write at all.
            Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => return Ok(Hold::Ours(file)),
            Err(TryLockError::Error(e)) => return Err(e),
        }
    }
    Ok(Hold::Busy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::testing::{run, spec};
    use crate::spec::Value;
    use proptest::prelude::*;

    #[test]
    fn a_second_holder_only_reads() {
        let (_home, path, first) = run();
        assert!(first.writable() && is_busy(&path));
        let mut second = RunFolder::open(&path).unwrap();
        assert!(!second.writable());
        assert!(second.why_read_only().unwrap().contains("viewing only"));
        let why = second.set_spec(spec()).unwrap_err().to_string();
        assert!(why.contains("Another Latent Studio works on") && why.ends_with("Nothing was changed."), "{why}");
        assert!(second.set_training(true).is_err());
        drop(first);
        assert!(!is_busy(&path));
        assert!(RunFolder::open(&path).unwrap().writable());
    }

    #[test]
    fn a_folder_that_can_not_be_written_opens_for_reading() {
        let (_home, path, first) = run();
        drop(first);
        // Root may write everywhere; a lock that is a folder can't be opened by anybody.
        fs::remove_file(path.join("run.lock")).unwrap();
        fs::create_dir(path.join("run.lock")).unwrap();
        let folder = RunFolder::open(&path).unwrap();
        assert!(!folder.writable() && folder.why_read_only().unwrap().contains("no permission"));
        fs::remove_dir(path.join("run.lock")).unwrap();
        let fault = crate::run::fault::inject(&path, 1, crate::run::fault::After::Dies);
        assert!(!RunFolder::open(&path).unwrap().writable(), "the lock can be had but no file be made");
        drop(fault);
        assert!(RunFolder::open(&path).unwrap().writable());
    }

    #[test]
    fn a_crash_leaves_the_marker() {
        let (_home, path, folder) = run();
        folder.set_training(true).unwrap();
        assert!(!folder.crashed());
        assert!(!RunFolder::open(&path).unwrap().crashed(), "it trains elsewhere");
        drop(folder);
        fs::write(path.join(".tmp-1-1"), "half").unwrap();
        let folder = RunFolder::open(&path).unwrap();
        assert!(folder.crashed() && !path.join(".tmp-1-1").exists());
        folder.set_training(false).unwrap();
        folder.set_training(false).unwrap();
        drop(folder);
        assert!(!RunFolder::open(&path).unwrap().crashed());
    }

    #[test]
    fn the_spec_survives_and_may_be_raised() {
        let (_home, path, mut folder) = run();
        assert_eq!(*folder.spec(), spec());
        let mut raised = RunSpec { steps: 5000, seed: i64::MAX as u64, ..spec() };
        raised.knobs.put("lr", Value::Real(0.1 + 0.2));
        folder.set_spec(raised.clone()).unwrap();
        assert_eq!(read_spec(&path).unwrap(), raised);
        let mut endless = raised.clone();
        endless.knobs.put("lr", Value::Real(f64::NAN));
        assert!(folder.set_spec(endless).unwrap_err().to_string().contains("can't keep"));
        assert_eq!((folder.spec(), &read_spec(&path).unwrap()), (&raised, &raised));
    }

    #[test]
    fn a_used_place_is_refused_and_left_alone() {
        let (home, path, folder) = run();
        let refused = |path: &Path| RunFolder::create(path, &spec()).unwrap_err().to_string();
        assert!(refused(&path).ends_with("already holds a run; use --resume to continue it."));
        drop(folder);
        assert!(refused(&path).contains("already holds a run"));
        assert!(refused(home.path()).contains("is not empty"));
        let file = home.path().join("file");
        fs::write(&file, "mine").unwrap();
        assert!(refused(&file).contains("is a file"));
        assert!(refused(&file.join("run")).contains("a file"), "{}", refused(&file.join("run")));
        assert_eq!(fs::read(&file).unwrap(), b"mine");
        let empty = home.path().join("空 empty");
        fs::create_dir(&empty).unwrap();
        assert!(RunFolder::create(&empty, &spec()).is_ok());
        let new = home.path().join("new");
        let fault = crate::run::fault::inject(&new, 3, crate::run::fault::After::Recovers);
        assert!(refused(&new).contains("disk is full"));
        assert!(!new.exists(), "what could not be begun is gone");
        drop(fault);
        let text = RunSpec { name: "x".into(), ..spec() };
        assert_eq!(*RunFolder::create(&new.join("deep/er"), &text).unwrap().spec(), text);
    }

    #[test]
    fn each_broken_spec_has_its_sentence() {
        let (home, path, folder) = run();
        drop(folder);
        let file = path.join("run.toml");
        let good = fs::read_to_string(&file).unwrap();
        let open = |text: &str| {
            fs::write(&file, text).unwrap();
            let why = RunFolder::open(&path).unwrap_err().to_string();
            assert!(!why.contains('\n') && why.contains("run.toml"), "{why}");
            why
        };
        let newer = open(&good.replace("format = 1", "format = 2\nmood = \"good\""));
        assert!(newer.ends_with("was written by a newer Latent Studio; update to open it."), "{newer}");
        assert!(open(&good.replace("format = 1", "format = 1\nmood = 3")).contains("line 2: unknown field `mood`"));
        assert!(open(&good.replace("[data]", "[data]\nmood = 3")).contains("unknown field `mood`"));
        assert!(open(&good.replace("[shape]", "[shape]\nmood = 3")).contains("unknown field `mood`"));
        assert!(open(&good.replace("seed = 7", "seed = -7")).contains("can't be read"));
        assert!(open(&good[..good.len() / 2]).contains("can't be read"));
        assert!(open("").contains("format"));
        fs::write(&file, b"format = 1\nname = \"\xff\"").unwrap();
        assert!(RunFolder::open(&path).unwrap_err().to_string().contains("UTF-8"));
        let none = RunFolder::open(home.path()).unwrap_err().to_string();
        assert!(none.contains("There is no run in"), "{none}");
        assert!(!home.path().join("run.lock").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_text_works() {
        use std::os::unix::ffi::OsStrExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(std::ffi::OsStr::from_bytes(b"run-\xff\xfe"));
        drop(RunFolder::create(&path, &spec()).unwrap());
        assert_eq!(RunFolder::open(&path).unwrap().path(), path);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn no_bytes_make_the_reader_panic(changes in prop::collection::vec((0_usize..1000, any::<u8>()), 1..6), cut in 0_usize..1000) {
            let mut bytes = spec_text(&spec()).unwrap().into_bytes();
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            bytes.truncate(cut.max(bytes.len() / 2));
            if let Err(why) = parse_spec(&bytes, Path::new("run.toml")) {
                prop_assert!(!why.to_string().contains('\n'));
            }
        }
    }
}
