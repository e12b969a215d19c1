//! The journal: live changes of knobs, so that a run can be repeated and continued exactly.

use super::{atomic, fault, lines, name};
use crate::spec::Value;
use anyhow::{Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A knob that was turned while the run trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Steps done when it took effect.
    pub step: u64,
    /// The knob's id.
    pub id: String,
    /// The knob's value from that step on.
    pub value: Value,
}

/// Adds a change, on disk when this returns. After an error the journal is as it was.
pub fn add_change(run: &Path, change: &Change) -> Result<()> {
    if matches!(change.value, Value::Real(v) if !v.is_finite()) {
        bail!("{} can't be set to {}; it was left as it was.", change.id, change.value);
    }
    let path = run.join(name::JOURNAL);
    append(&path, line(change)?.as_bytes()).map_err(|e| atomic::sentence(&path, &e))
}

fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let new = !path.exists();
    fault::check(path)?;
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    // A line that a crash tore would run together with this one.
    let end = lines::whole(&mut file)?;
    let done = append_at(&mut file, path, end, line);
    if done.is_err() {
        let _ = file.set_len(end);
    }
    done?;
    if new { atomic::sync_folder(path.parent().unwrap_or(Path::new("."))) } else { Ok(()) }
}

fn append_at(file: &mut File, path: &Path, end: u64, line: &[u8]) -> io::Result<()> {
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    if let Err(error) = fault::check(path) {
        let _ = file.write_all(&line[..line.len() / 2]);
        return Err(error);
    }
    file.write_all(line)?;
    fault::check(path)?;
    file.sync_data()
}

/// All changes in the order they were made. A last line that a crash tore is ignored; any other line that can't be read is
/// an error, since the run could not be repeated without it.
pub fn changes(run: &Path) -> Result<Vec<Change>> {
    let path = run.join(name::JOURNAL);
    let (mut changes, mut number, mut broken) = (Vec::new(), 0, None);
    lines::each(&path, |line| {
        number += 1;
        match read(line) {
            Some(change) => changes.push(change),
            None => broken = broken.or(Some(number)),
        }
    })
    .map_err(|e| anyhow!("{} can't be read ({e}).", path.display()))?;
    match broken {
        Some(number) => bail!("Line {number} of {} can't be read; mend it or remove it.", path.display()),
        None => Ok(changes),
    }
}

/// Drops the changes made after a step, for a run that goes on from an older checkpoint.
pub fn cut_changes(run: &Path, after: u64) -> Result<()> {
    let all = changes(run)?;
    if all.iter().all(|c| c.step <= after) {
        return Ok(());
    }
    let kept: Vec<Change> = all.into_iter().filter(|c| c.step <= after).collect();
    set_changes(run, &kept)
}

/// Replaces the whole journal, or leaves it as it was.
pub fn set_changes(run: &Path, changes: &[Change]) -> Result<()> {
    let lines: Vec<String> = changes.iter().map(line).collect::<Result<_>>()?;
    atomic::write(&run.join(name::JOURNAL), lines.concat().as_bytes())
}

fn line(change: &Change) -> Result<String> {
    Ok(serde_json::to_string(change)? + "\n")
}

fn read(line: &[u8]) -> Option<Change> {
    let mut change: Change = serde_json::from_slice(line).ok()?;
    if let Value::Real(value) = &mut change.value {
        // serde_json may be off by a bit in the last place; an exact resume needs the very number that was written.
        let text = std::str::from_utf8(line).ok()?.rsplit_once("\"value\":")?.1;
        *value = text.trim().trim_end_matches('}').trim().parse().unwrap_or(*value);
    }
    Some(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fault::{After, inject};
    use proptest::prelude::*;
    use std::fs;

    fn change(step: u64, value: Value) -> Change {
        Change { step, id: "lr".into(), value }
    }

    #[test]
    fn changes_come_back_in_order() {
        let run = tempfile::tempdir().unwrap();
        assert_eq!(changes(run.path()).unwrap(), []);
        let values = [Value::Real(1.0), Value::Int(3), Value::Flag(true), Value::Text("a \"b\"\nc".into())];
        let all: Vec<_> = values.into_iter().zip([5, 5, 8, 9]).map(|(v, s)| change(s, v)).collect();
        for c in &all {
            add_change(run.path(), c).unwrap();
        }
        assert_eq!(changes(run.path()).unwrap(), all);
        let text = fs::read_to_string(run.path().join("journal.jsonl")).unwrap();
        assert_eq!(text.lines().next(), Some(r#"{"step":5,"id":"lr","value":1.0}"#));
        cut_changes(run.path(), 5).unwrap();
        assert_eq!(changes(run.path()).unwrap(), all[..2]);
        cut_changes(run.path(), 4).unwrap();
        assert_eq!(changes(run.path()).unwrap(), []);
        assert!(add_change(run.path(), &change(1, Value::Real(f64::NAN))).is_err());
    }

    #[test]
    fn a_torn_line_is_ignored_and_a_broken_one_is_not() {
        let run = tempfile::tempdir().unwrap();
        let path = run.path().join("journal.jsonl");
        add_change(run.path(), &change(5, Value::Real(0.5))).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for torn in ["{\"step\":6,\"id\":", "{\"step\":6,\"id\":\"lr\",\"value\":2}"] {
            fs::write(&path, format!("{whole}{torn}")).unwrap();
            assert_eq!(changes(run.path()).unwrap().len(), 1);
            add_change(run.path(), &change(7, Value::Real(0.25))).unwrap();
            let steps: Vec<_> = changes(run.path()).unwrap().iter().map(|c| c.step).collect();
            assert_eq!(steps, [5, 7]);
        }
        fs::write(&path, format!("{whole}nonsense\n{whole}")).unwrap();
        assert!(changes(run.path()).unwrap_err().to_string().contains("Line 2 of"));
        fs::write(&path, "{\"step\":1,\"id\":\"a\",\"value\":1,\"more\":1}\n").unwrap();
        assert!(changes(run.path()).is_err());
    }

    #[test]
    fn a_change_is_noted_or_not_but_never_half() {
        for nth in 1.. {
            let run = tempfile::tempdir().unwrap();
            let (first, second) = (change(1, Value::Real(0.1)), change(2, Value::Real(0.2)));
            add_change(run.path(), &first).unwrap();
            let fault = inject(run.path(), nth, After::Recovers);
            let done = add_change(run.path(), &second);
            if fault.operations() < nth {
                assert!(done.is_ok() && nth > 3);
                break;
            }
            assert!(done.is_err());
            assert_eq!(changes(run.path()).unwrap(), std::slice::from_ref(&first), "operation {nth}");
            add_change(run.path(), &second).unwrap();
            assert_eq!(changes(run.path()).unwrap(), [first, second]);
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back_exactly(bits: u64, id in ".{0,12}") {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let change = Change { step: bits, id, value: Value::Real(value) };
            let back = read(line(&change).unwrap().trim_end().as_bytes()).unwrap();
            prop_assert_eq!(&back, &change);
            let Value::Real(number) = back.value else { panic!("a real number") };
            prop_assert_eq!(number.to_bits(), bits);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&bytes);
            let _ = read(&[b"{\"step\":1,\"id\":\"a\",\"value\":".as_slice(), &bytes].concat());
        }
    }
}
