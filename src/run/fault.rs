//! Disk operations that fail on purpose, so that tests can prove that no failure loses a run.

use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// What happens after the operation that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Everything works again, as on a disk that was full for a moment.
    Recovers,
    /// Nothing works any more, as after a power cut: what is on disk now is what the next start finds.
    Dies,
}

/// Makes disk operations under a folder fail while it lives.
#[derive(Debug)]
pub struct Fault {
    id: usize,
}

struct Plan {
    id: usize,
    under: PathBuf,
    nth: u64,
    after: After,
    seen: u64,
}

static PLANS: Mutex<Vec<Plan>> = Mutex::new(Vec::new());
static ARMED: AtomicUsize = AtomicUsize::new(0);
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// From now on the `nth` operation (counted from 1) that changes something under a folder fails as on a full disk, on
/// whatever thread. 0 fails none and only counts. Other folders are not touched.
pub fn inject(under: &Path, nth: u64, after: After) -> Fault {
    let id = NEXT.fetch_add(1, Relaxed);
    plans(|plans| plans.push(Plan { id, under: under.to_owned(), nth, after, seen: 0 }));
    ARMED.fetch_add(1, Relaxed);
    Fault { id }
}

impl Fault {
    /// How many operations there were so far, the failed ones included.
    pub fn operations(&self) -> u64 {
        plans(|plans| plans.iter().find(|p| p.id == self.id).map_or(0, |p| p.seen))
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        plans(|plans| plans.retain(|p| p.id != self.id));
        ARMED.fetch_sub(1, Relaxed);
    }
}

/// Asked before each operation that changes something on disk.
pub(super) fn check(path: &Path) -> Result<()> {
    if ARMED.load(Relaxed) == 0 {
        return Ok(());
    }
    let fails = plans(|plans| {
        plans.iter_mut().filter(|p| path.starts_with(&p.under)).fold(false, |fails, plan| {
            plan.seen += 1;
            let dead = plan.after == After::Dies && plan.nth != 0 && plan.seen > plan.nth;
            fails || dead || plan.seen == plan.nth
        })
    });
    if fails { Err(Error::new(ErrorKind::StorageFull, "no space left (on purpose)")) } else { Ok(()) }
}

/// What a training step asks of the device's memory, as a name in the run's folder for [`inject`].
pub const DEVICE_MEMORY: &str = "device-memory";

/// Asked before each training step: fails as a graphics card does that has no memory left.
pub fn check_memory(run: &Path) -> Result<()> {
    check(&run.join(DEVICE_MEMORY))
        .map_err(|_| Error::other("CUDA out of memory. Tried to allocate 1.00 GiB (on purpose)"))
}

fn plans<T>(work: impl FnOnce(&mut Vec<Plan>) -> T) -> T {
    work(&mut PLANS.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_operation_fails_and_only_here() {
        let (here, there) = (Path::new("/fault-test/here"), Path::new("/fault-test/there"));
        let fault = inject(here, 2, After::Recovers);
        let went: Vec<_> = (0..4).map(|_| check(&here.join("file")).is_ok()).collect();
        assert_eq!(went, [true, false, true, true]);
        assert!(check(there).is_ok());
        assert_eq!(fault.operations(), 4);
        drop(fault);
        let fault = inject(here, 2, After::Dies);
        let went: Vec<_> = (0..4).map(|_| check(here).is_ok()).collect();
        assert_eq!(went, [true, false, false, false]);
        drop(fault);
        assert!(check(here).is_ok());
    }
}
