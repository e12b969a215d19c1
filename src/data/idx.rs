//! IDX files, the format of MNIST and its relatives: a header, then grey pictures; labels in a file of their own.

use super::dataset::Source;
use super::packed::{Packed, existing};
use super::preprocess::{self, Progress};
use super::{Dataset, Format, Loaded, Show, Split, Watch, split};
use crate::picture::Pixels;
use crate::spec::thousands;
use crate::spec::{DataShape, DataSpec};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The table line.
pub(super) const FORMAT: Format = Format {
    id: "idx",
    title: "IDX files (MNIST)",
    about: "MNIST, Fashion-MNIST and other sets in their format: a folder with the usual file names, or one images file.",
    built_in: false,
    claims: |path| if path.is_dir() { !usual(path).is_empty() } else { looks_like_idx(path) },
    open,
};

/// Bytes before the pictures, and before the labels.
const HEADERS: [u64; 2] = [16, 8];
const MOST_PIXELS_A_SIDE: u64 = 16_384;

const FASHION: [&str; 10] =
    ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

/// Images files with the labels found beside them.
struct Idx {
    train: Pair,
    test: Option<Pair>,
}

struct Pair {
    images: PathBuf,
    labels: Option<PathBuf>,
}

/// What the header of an images file says.
#[derive(Clone, Copy)]
struct Header {
    count: usize,
    rows: usize,
    columns: usize,
    /// Bytes of all pictures.
    body: u64,
}

fn open(source: &str) -> Result<Box<dyn Dataset>> {
    let path = Path::new(source);
    let mut pairs = if path.is_dir() { usual(path) } else { vec![Pair::of(path.to_owned())] };
    if pairs.is_empty() {
        bail!("There are no IDX files with the usual names (train-images-idx3-ubyte) in {source}.");
    }
    let train = pairs.remove(0);
    Ok(Box::new(Idx { train, test: pairs.pop() }))
}

/// The pairs with the usual names, the training pictures first. Also looks where common downloaders put them.
fn usual(folder: &Path) -> Vec<Pair> {
    for home in ["", "raw", "MNIST/raw", "FashionMNIST/raw"] {
        let of = |stem: &str| {
            ["-idx3-ubyte", ".idx3-ubyte"]
                .iter()
                .find_map(|end| existing(&folder.join(home).join(format!("{stem}-images{end}"))))
        };
        let found: Vec<_> = ["train", "t10k"].into_iter().filter_map(of).map(Pair::of).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn looks_like_idx(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let by_name = ["idx1", "idx3", "ubyte"].iter().any(|part| name.contains(part));
    by_name || Packed::open(path).and_then(|p| p.head(4)).is_ok_and(|head| head == [0, 0, 8, 3] || head == [0, 0, 8, 1])
}

impl Pair {
    fn of(images: PathBuf) -> Self {
        let name = images.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        let wanted = plain.replace("images", "labels").replace("idx3", "idx1");
        let labels = (wanted != plain).then(|| existing(&images.with_file_name(wanted))).flatten();
        Self { images, labels }
    }

    fn header(&self) -> Result<Header> {
        let path = self.images.display();
        let head = Packed::open(&self.images)?.head(HEADERS[0])?;
        match head.get(..4) {
            Some([0, 0, 8, 3]) => {}
            Some([0, 0, 8, 1]) => bail!("{path} holds labels, not pictures; choose the images file beside it."),
            Some(magic) => bail!(
                "{path} is not an IDX file of pictures: it begins with {magic:02x?} instead of the magic number [00, 00, 08, 03]."
            ),
            None => bail!("{path} is too short to be an IDX file: it has {} bytes.", head.len()),
        }
        let Some([count, rows, columns]) = numbers(&head[4..]) else {
            bail!("{path} is too short to be an IDX file: its header has {} of 16 bytes.", head.len());
        };
        if [rows, columns].iter().any(|side| !(1..=MOST_PIXELS_A_SIDE).contains(side)) {
            bail!("{path} is no usable IDX file: its header speaks of pictures of {columns}×{rows} pixels.");
        }
        let body = count.checked_mul(rows * columns).filter(|&body| usize::try_from(body).is_ok());
        let body = body
            .with_context(|| format!("{path} is no usable IDX file: its header promises more than fits anywhere."))?;
        if count < 2 {
            bail!("{path} holds {count} pictures; training needs at least 2.");
        }
        Ok(Header { count: count as usize, rows: rows as usize, columns: columns as usize, body })
    }

    /// The pictures as they are; checks the length before any memory is asked for.
    fn pictures(&self, header: Header) -> Result<Vec<u8>> {
        let file = Packed::open(&self.images)?;
        check_length(&file, HEADERS[0], header.body, &format!("{} pictures", thousands(header.count as u64)))?;
        file.read(HEADERS[0], header.body as usize)
    }

    /// The labels, or none where there is no file of them; `count` pictures want one each.
    fn labels(&self, count: usize) -> Result<Vec<u32>> {
        let Some(path) = &self.labels else { return Ok(Vec::new()) };
        let file = Packed::open(path)?;
        let head = file.head(HEADERS[1])?;
        let (Some([0, 0, 8, 1]), Some([labels])) = (head.get(..4), numbers(head.get(4..).unwrap_or_default())) else {
            bail!("{} is not an IDX file of labels: it begins with {head:02x?}.", path.display());
        };
        if labels != count as u64 {
            bail!(
                "{} holds {} labels for the {} pictures of {}.",
                path.display(),
                thousands(labels),
                thousands(count as u64),
                self.images.display()
            );
        }
        check_length(&file, HEADERS[1], labels, &format!("{} labels", thousands(labels)))?;
        Ok(file.read(HEADERS[1], count)?.into_iter().map(u32::from).collect())
    }
}

/// Big-endian numbers of four bytes.
fn numbers<const N: usize>(bytes: &[u8]) -> Option<[u64; N]> {
    let words: Vec<_> = bytes.as_chunks().0.iter().map(|&word| u64::from(u32::from_be_bytes(word))).collect();
    words.get(..N)?.try_into().ok()
}

fn check_length(file: &Packed, header: u64, body: u64, what: &str) -> Result<()> {
    let path = file.path().display();
    let whole = header + body;
    if whole > file.ceiling() {
        bail!("{path} is too short: its header promises {what}, which is more than the file can hold.");
    }
    let length = file.length(whole + 1)?;
    if length < whole {
        bail!(
            "{path} is too short: its header promises {what} in {} bytes, but there are {}.",
            thousands(body),
            thousands(length.saturating_sub(header))
        );
    }
    if length > whole {
        bail!("{path} is too long: bytes follow after the {what} that its header promises.");
    }
    Ok(())
}

impl Idx {
    /// Labels of both splits and the number of classes. Held-out labels mean nothing without labels to train on.
    fn labels(&self, counts: [usize; 2]) -> Result<([Vec<u32>; 2], usize)> {
        let train = self.train.labels(counts[0])?;
        let test = match &self.test {
            Some(pair) if !train.is_empty() => pair.labels(counts[1])?,
            _ => Vec::new(),
        };
        let classes = train.iter().chain(&test).max().map_or(0, |&most| most as usize + 1);
        Ok(([train, test], classes))
    }

    fn headers(&self) -> Result<(Header, Option<Header>)> {
        Ok((self.train.header()?, self.test.as_ref().map(Pair::header).transpose()?))
    }

    fn shape(&self, train: Header, classes: usize) -> DataShape {
        let count = if self.test.is_some() { train.count } else { train.count - split::held_out(train.count) };
        let size = preprocess::suitable_size(&[[train.columns, train.rows]]);
        let sides = preprocess::median_sides(&[[train.columns, train.rows]]);
        DataShape { count, classes, size, channels: 1, paired: false, sides }
    }

    fn class_names(&self, classes: usize) -> Vec<String> {
        let fashion = self.train.images.to_string_lossy().to_lowercase().contains("fashion");
        if fashion && classes == FASHION.len() {
            return FASHION.map(str::to_owned).into();
        }
        (0..classes).map(|class| class.to_string()).collect()
    }
}

impl Dataset for Idx {
    fn survey(&self) -> Result<DataShape> {
        let (train, test) = self.headers()?;
        let (_, classes) = self.labels([train.count, test.map_or(0, |t| t.count)])?;
        Ok(self.shape(train, classes))
    }

    fn glimpse(&self, _: &DataSpec, most: usize, show: Show<'_>) -> Result<()> {
        let Header { count, rows, columns, .. } = self.train.header()?;
        let head = Packed::open(&self.train.images)?.head(HEADERS[0] + (most.min(count) * rows * columns) as u64)?;
        let pictures = head.get(HEADERS[0] as usize..).unwrap_or_default().chunks_exact(rows * columns);
        pictures.into_iter().try_for_each(|bytes| show(Source { width: columns, height: rows, channels: 1, bytes }))
    }

    fn load(&self, spec: &DataSpec, watch: &mut dyn Watch) -> Result<Loaded> {
        let (train, test) = self.headers()?;
        let counts = [train.count, test.map_or(0, |t| t.count)];
        preprocess::afford(counts[0] + counts[1], spec, train.body.max(test.map_or(0, |t| t.body)))?;
        let ([train_labels, test_labels], classes) = self.labels(counts)?;
        let mut progress = Progress::new(watch, counts[0] + counts[1]);
        let pixels = prepare(&self.train, train, spec, &mut progress)?;
        let splits = match (&self.test, test) {
            (Some(pair), Some(header)) => {
                let held_out = prepare(pair, header, spec, &mut progress)?;
                (
                    Split { pixels, labels: train_labels, inputs: None },
                    Split { pixels: held_out, labels: test_labels, inputs: None },
                )
            }
            _ => split::cut(pixels, &train_labels, spec.seed),
        };
        Ok(preprocess::finish(spec, &self.shape(train, classes), self.class_names(classes), splits, Vec::new()))
    }
}

fn prepare(pair: &Pair, header: Header, spec: &DataSpec, progress: &mut Progress<'_>) -> Result<Pixels> {
    let bytes = pair.pictures(header)?;
    let Header { count, rows, columns, .. } = header;
    if [rows, columns, 1] == [spec.size, spec.size, spec.channels] && spec.adjust.is_neutral() {
        let pixels = Pixels { count, size: spec.size, channels: 1, bytes };
        progress.more(count, &pixels, count)?;
        return Ok(pixels);
    }
    preprocess::each(count, spec, progress, |i, preparer, out| {
        let bytes = &bytes[i * rows * columns..(i + 1) * rows * columns];
        preparer.prepare(Source { width: columns, height: rows, channels: 1, bytes }, spec, out)
    })
}

#[cfg(test)]
#[path = "idx_tests.rs"]
mod tests;
