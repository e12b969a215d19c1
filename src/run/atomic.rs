//! Writes files whole or not at all, and says in one sentence why it could not.

use super::fault;
use crate::failure::Failure;
use anyhow::{Result, anyhow, bail};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const TEMP: &str = ".tmp-";

/// Puts a file in place: written beside it, synced to disk, renamed over it. Until the rename the former file stands
/// untouched; a symbolic link stays one and its target is replaced. The error is one sentence.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes).map_err(|e| sentence(path, &e))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = target(path)?;
    let folder = parent(&target);
    let temp = folder.join(temp_name());
    let done = write_new(&temp, bytes).and_then(|()| rename(&temp, &target));
    if done.is_err() {
        let _ = remove_file(&temp);
    }
    done?;
    sync_folder(folder)
}

/// Why something was not written, as one sentence that also says what was kept and what to do.
pub fn sentence(path: &Path, error: &io::Error) -> anyhow::Error {
    let path = path.display();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => anyhow!(Failure::DiskFull(format!(
            "The disk is full, so {path} was not written; what was there before is kept. Free some space and try again."
        ))),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => anyhow!(
            "There is no permission to write {path}; nothing was changed. Choose another folder or change its permissions."
        ),
        ErrorKind::NotFound => {
            anyhow!("{path} was not written because its folder does not exist; create the folder or choose another.")
        }
        ErrorKind::IsADirectory => anyhow!("{path} was not written because a folder of that name is there."),
        ErrorKind::NotADirectory => anyhow!("{path} was not written because a file stands where its folder should be."),
        _ => anyhow!("{path} was not written ({error}); what was there before is kept."),
    }
}

/// Reads a file of at most `limit` bytes; the error is one sentence.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let unreadable = |e: io::Error| anyhow!("{} can't be read ({e}).", path.display());
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        bail!("{} is not a file.", path.display());
    }
    if about.len() > limit {
        bail!("{} is too large: {} bytes, where at most {limit} are read.", path.display(), about.len());
    }
    let mut bytes = Vec::with_capacity(about.len() as usize);
    // Bounded again: the file may be growing.
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Writes and syncs a file that must not exist yet, with the permissions that the user's umask gives.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fault::check(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    if let Err(error) = fault::check(path) {
        // A disk that fills up keeps the part that still had room.
        let _ = file.write_all(&bytes[..bytes.len() / 2]);
        return Err(error);
    }
    file.write_all(bytes)?;
    file.flush()?;
    fault::check(path)?;
    file.sync_all()
}

/// Renames a file or folder within its folder.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault::check(to)?;
    fs::rename(from, to)
}

/// Makes renames in a folder last through a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    fault::check(folder)?;
    match File::open(folder).and_then(|f| f.sync_all()) {
        // Some network file systems can't sync a folder; the rename itself went well.
        Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

/// Makes a folder and those above it, where they are missing.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fault::check(folder)?;
    fs::create_dir_all(folder)?;
    sync_folder(parent(folder))
}

/// Removes a folder with all that is in it; one that is not there is fine.
pub(super) fn remove_folder(folder: &Path) -> io::Result<()> {
    if folder.symlink_metadata().is_err() {
        return Ok(());
    }
    fault::check(folder)?;
    fs::remove_dir_all(folder)
}

/// Removes a file; one that is not there is fine.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    fault::check(path)?;
    fs::remove_file(path)
}

/// Whether files can be made in a folder. Asking the permissions is not enough: the file system may be read-only.
pub(super) fn probe(folder: &Path) -> io::Result<()> {
    let path = folder.join(temp_name());
    write_new(&path, b"")?;
    remove_file(&path)
}

/// Removes what a crash left behind in a folder.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(TEMP.as_bytes()) {
            let _ = remove_file(&entry.path());
        }
    }
}

/// The folder a path stands in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file that a path means: itself, or what a link points to. Devices, pipes and folders are refused.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(about) if !about.is_file() => Err(io::Error::other("it is not a regular file")),
        Ok(_) if path.is_symlink() => fs::canonicalize(path),
        _ => Ok(path.to_owned()),
    }
}

/// Short, so that it fits wherever the file's own name fits.
fn temp_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{TEMP}{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fault::{After, inject};

    #[test]
    fn whatever_operation_fails_the_old_file_or_the_new_one_is_there() {
        for after in [After::Recovers, After::Dies] {
            for nth in 1.. {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("file");
                write(&path, b"the old one").unwrap();
                let fault = inject(folder.path(), nth, after);
                let done = write(&path, b"the new one, longer");
                if fault.operations() < nth {
                    assert!(done.is_ok() && nth > 5, "there are five operations: create, write, sync, rename, sync");
                    break;
                }
                drop(fault);
                let why = done.unwrap_err().to_string();
                assert!(why.starts_with("The disk is full") && why.contains("is kept"), "{why}");
                let now = fs::read(&path).unwrap();
                assert!(now == b"the old one" || now == b"the new one, longer", "{nth} {after:?}");
                sweep(folder.path());
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no leftover: {nth} {after:?}");
            }
        }
    }

    #[test]
    fn a_place_that_can_not_be_written_is_named_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| write(&folder.path().join(name), b"x").unwrap_err().to_string();
        assert!(at("missing/file").contains("its folder does not exist"));
        fs::create_dir(folder.path().join("sub")).unwrap();
        assert!(at("sub").contains("a folder of that name"));
        fs::write(folder.path().join("plain"), "y").unwrap();
        assert!(at("plain/file").contains("a file stands where its folder should be"));
        let said = |kind: ErrorKind| sentence(Path::new("/a/b"), &kind.into()).to_string();
        assert!(said(ErrorKind::PermissionDenied).contains("no permission to write /a/b"));
        assert!(said(ErrorKind::ReadOnlyFilesystem).contains("no permission to write /a/b"));
        assert!(said(ErrorKind::StorageFull).contains("disk is full"));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced_and_a_link_stays_a_link() {
        use std::os::unix::fs::{MetadataExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        write(&file, b"1").unwrap();
        symlink(&file, &link).unwrap();
        write(&link, b"22").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"22");
        assert_eq!(file.metadata().unwrap().mode() & 0o600, 0o600);
        let pipe = folder.path().join("null");
        symlink("/dev/null", &pipe).unwrap();
        assert!(write(&pipe, b"x").unwrap_err().to_string().contains("not a regular file"));
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, &[7; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap().len(), 100);
        assert!(read(&path, 99).unwrap_err().to_string().contains("too large: 100 bytes"));
        assert!(read(folder.path(), 99).is_err());
    }
}
