//! Files of one JSON value a line, that survive a crash in the middle of a line.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;

/// Longer lines are passed over: none of ours comes near.
const LONGEST: u64 = 64 << 10;

/// Shows each whole line, without its end, to `take`. A last line without an end was torn by a crash and does not count.
/// A file that is not there has no lines.
pub fn each(path: &Path, mut take: impl FnMut(&[u8])) -> Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    let (mut reader, mut line, mut overlong) = (BufReader::new(file), Vec::new(), false);
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let ended = line.pop_if(|b| *b == b'\n').is_some();
        if ended && !overlong {
            take(&line);
        }
        overlong = !ended;
    }
}

/// How much of a file is whole lines, in bytes.
pub fn whole(file: &mut File) -> Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = [0; 4096];
    while end > 0 {
        let length = end.min(block.len() as u64);
        file.seek(SeekFrom::Start(end - length))?;
        let block = &mut block[..length as usize];
        file.read_exact(block)?;
        if let Some(at) = block.iter().rposition(|b| *b == b'\n') {
            return Ok(end - length + at as u64 + 1);
        }
        end -= length;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> (Vec<Vec<u8>>, u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, bytes).unwrap();
        let mut lines = Vec::new();
        each(&path, |line| lines.push(line.to_vec())).unwrap();
        (lines, whole(&mut File::open(path).unwrap()).unwrap())
    }

    #[test]
    fn only_whole_lines_count() {
        assert_eq!(lines(b""), (vec![], 0));
        assert_eq!(lines(b"torn"), (vec![], 0));
        assert_eq!(lines(b"a\n\nbc\ntorn"), (vec![b"a".to_vec(), vec![], b"bc".to_vec()], 6));
        let mut long = b"a\n".to_vec();
        long.resize(200_002, b'x');
        assert_eq!(lines(&long), (vec![b"a".to_vec()], 2));
        long.extend(b"\nb\n");
        assert_eq!(lines(&long), (vec![b"a".to_vec(), b"b".to_vec()], 200_005));
        each(Path::new("/nowhere/at/all"), |_| panic!("no line")).unwrap();
    }
}
