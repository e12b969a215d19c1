//! Pairs of pictures: two folders with the same names, or files that hold both pictures side by side.

use super::folder::{Listing, is_hidden, is_picture_name};
use super::photo::{self, Photo};
use super::preprocess::{self, Preparer, Progress};
use super::{Dataset, Format, Loaded, Show, Skipped, Split, Watch, split};
use crate::picture::Pixels;
use crate::spec::{DataShape, DataSpec};
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The table line.
pub(super) const FORMAT: Format = Format {
    id: "pairs",
    title: "Pairs of pictures",
    about: "A folder with the sub-folders A and B (or input and target) that hold pictures of the same names, or a folder of pictures twice \
            as wide as high whose left half is A and right half B. For families that turn one picture into another.",
    built_in: false,
    claims: |path| find(path).is_some(),
    open: |source| {
        let root = PathBuf::from(source);
        let (train, test) = find(&root).with_context(|| format!("{source} holds no pairs of pictures."))?;
        Ok(Box::new(Pairs { root, train, test }))
    },
};

/// Names of the two folders: the inputs', the targets'.
const NAMES: [[&str; 2]; 4] = [["A", "B"], ["a", "b"], ["input", "target"], ["inputs", "targets"]];
/// Headers that are read to tell whether pictures are pairs side by side, and for their size.
const GLANCES: usize = 32;
/// Pairs read between two looks at the watch.
const CHUNK: usize = 64;

/// Where the two pictures of a pair are.
enum Form {
    /// Inputs and targets in two folders, paired by file name.
    Folders(PathBuf, PathBuf),
    /// Input and target side by side in one file.
    Beside(PathBuf),
}

/// A folder of pairs.
struct Pairs {
    root: PathBuf,
    train: Form,
    test: Option<Form>,
}

/// The files of a pair: of A, and of B where that is another file.
type Files = (PathBuf, Option<PathBuf>);

/// The training pairs at a path and, where they are apart, the held-out ones.
fn find(root: &Path) -> Option<(Form, Option<Form>)> {
    if !root.is_dir() {
        return None;
    }
    if let Some(form) = form_of(root) {
        return Some((form, None));
    }
    let train = form_of(&root.join("train"))?;
    Some((train, ["test", "val"].iter().find_map(|name| form_of(&root.join(name)))))
}

/// How the pairs of one folder are kept, if there are any.
fn form_of(folder: &Path) -> Option<Form> {
    let mut folders = Vec::new();
    let mut pictures = Vec::new();
    for entry in folder.read_dir().ok()?.flatten().filter(|e| !is_hidden(&e.file_name())) {
        let path = entry.path();
        if path.is_dir() {
            folders.push(path);
        } else if is_picture_name(&path) {
            pictures.push(path);
        }
    }
    if pictures.is_empty() && folders.len() == 2 {
        let [a, b] =
            NAMES.iter().map(|pair| pair.map(|name| folder.join(name))).find(|[a, b]| a.is_dir() && b.is_dir())?;
        let form = Form::Folders(a, b);
        // Folders of these names without a common picture are two classes.
        return (!form.list().0.is_empty()).then_some(form);
    }
    pictures.sort_unstable();
    let some: Vec<_> = spread(&pictures).filter_map(|path| photo::glance(path)).map(|glance| glance.sides).collect();
    let beside = folders.is_empty() && some.len() >= 2 && some.iter().all(|[w, h]| *w == 2 * h);
    beside.then(|| Form::Beside(folder.to_owned()))
}

/// At most [`GLANCES`] of these, evenly.
fn spread<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let shown = all.len().min(GLANCES);
    (0..shown).map(move |i| &all[i * all.len() / shown])
}

impl Form {
    /// The pairs in a fixed order, and what has no partner.
    fn list(&self) -> (Vec<Files>, Vec<Skipped>) {
        let (a, b) = match self {
            Self::Beside(folder) => {
                let listing = Listing::new(folder);
                return (listing.files.into_iter().map(|file| (file, None)).collect(), listing.skipped);
            }
            Self::Folders(a, b) => (a, b),
        };
        let [of_a, of_b] = [a, b].map(|folder| Listing::new(folder));
        let mut skipped = [of_a.skipped, of_b.skipped].concat();
        // `0001.png` belongs to `0001.jpg`.
        let stem = |root: &Path, file: &Path| file.strip_prefix(root).unwrap_or(file).with_extension("");
        let mut partners: BTreeMap<_, _> = of_b.files.into_iter().map(|file| (stem(b, &file), file)).collect();
        let mut files = Vec::new();
        for file in of_a.files {
            match partners.remove(&stem(a, &file)) {
                Some(partner) => files.push((file, Some(partner))),
                None => skipped.push(lonely(file, b)),
            }
        }
        skipped.extend(partners.into_values().map(|file| lonely(file, a)));
        (files, skipped)
    }

    /// Width and height of some pictures of B, and whether they are grey.
    fn glance(&self, files: &[Files]) -> Vec<([usize; 2], bool)> {
        let beside = matches!(self, Self::Beside(_));
        let look = |(a, b): &Files| photo::glance(b.as_ref().unwrap_or(a));
        let half = |[w, h]: [usize; 2]| if beside { [w / 2, h] } else { [w, h] };
        spread(files).filter_map(look).map(|glance| (half(glance.sides), glance.grey)).collect()
    }
}

fn lonely(path: PathBuf, there: &Path) -> Skipped {
    let name = there.file_name().unwrap_or_default().to_string_lossy();
    Skipped { path, reason: format!("no picture of this name in {name}") }
}

impl Pairs {
    fn shape(&self, count: usize, files: &[Files]) -> DataShape {
        let glances = self.train.glance(files);
        let sides: Vec<_> = glances.iter().map(|g| g.0).collect();
        let channels = if !glances.is_empty() && glances.iter().all(|g| g.1) { 1 } else { 3 };
        let (size, sides) = (preprocess::suitable_size(&sides), preprocess::median_sides(&sides));
        DataShape { count, classes: 0, size, channels, paired: true, sides }
    }

    fn too_few(&self, found: usize, left_out: usize) -> anyhow::Error {
        let out = if left_out > 0 { format!("; {left_out} files were left out") } else { String::new() };
        let found = if found == 0 { "none was" } else { "only 1 was" };
        let root = self.root.display();
        anyhow::anyhow!("Training needs at least 2 pairs of pictures, but {found} found in {root}{out}.")
    }
}

impl Dataset for Pairs {
    fn survey(&self) -> Result<DataShape> {
        let (files, skipped) = self.train.list();
        if files.len() < 2 {
            return Err(self.too_few(files.len(), skipped.len()));
        }
        let held_out = if self.test.is_some() { 0 } else { split::held_out(files.len()) };
        Ok(self.shape(files.len() - held_out, &files))
    }

    fn glimpse(&self, spec: &DataSpec, most: usize, show: Show<'_>) -> Result<()> {
        let (files, _) = self.train.list();
        let pairs = files.iter().filter_map(|files| both(files, spec).ok());
        pairs.take(most / 2).flatten().try_for_each(|photo| show(photo.source()))
    }

    fn load(&self, spec: &DataSpec, watch: &mut dyn Watch) -> Result<Loaded> {
        let (files, mut skipped) = self.train.list();
        let (test_files, test_skipped) = self.test.as_ref().map(Form::list).unwrap_or_default();
        skipped.extend(test_skipped);
        let total = files.len() + test_files.len();
        preprocess::afford(2 * total, spec, 0)?;
        let mut progress = Progress::new(watch, total);
        let [inputs, targets] = read(&files, spec, &mut progress, &mut skipped)?;
        if targets.count < 2 {
            return Err(self.too_few(targets.count, skipped.len()));
        }
        let splits = if self.test.is_some() {
            let [test_inputs, test_targets] = read(&test_files, spec, &mut progress, &mut skipped)?;
            let split = |pixels, inputs| Split { pixels, labels: Vec::new(), inputs: Some(inputs) };
            (split(targets, inputs), split(test_targets, test_inputs))
        } else {
            split::cut_pairs(targets, inputs, spec.seed)
        };
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(preprocess::finish(spec, &self.shape(0, &files), Vec::new(), splits, skipped))
    }
}

/// Reads and prepares pairs: all of A and all of B, in the same order.
fn read(
    files: &[Files],
    spec: &DataSpec,
    progress: &mut Progress<'_>,
    skipped: &mut Vec<Skipped>,
) -> Result<[Pixels; 2]> {
    let mut both = [(); 2].map(|()| Pixels::new(spec.size, spec.channels));
    for pixels in &mut both {
        let room = pixels.bytes.try_reserve_exact(files.len() * pixels.stride());
        room.context("There is not enough memory for the pictures.")?;
    }
    for some in files.chunks(CHUNK) {
        let ready: Vec<_> = some.par_iter().map_init(Preparer::default, |p, files| prepare(p, files, spec)).collect();
        let before = both[1].count;
        for ((a, _), pair) in some.iter().zip(ready) {
            match pair {
                Ok(pair) => both.iter_mut().zip(pair).for_each(|(pixels, bytes)| pixels.push(&bytes)),
                Err((path, reason)) => {
                    skipped.push(Skipped { path: path.unwrap_or_else(|| a.clone()), reason });
                }
            }
        }
        progress.more(some.len(), &both[1], both[1].count - before)?;
    }
    Ok(both)
}

/// Both pictures of a pair as they are; else a short clause, with the file where that is not the first.
fn both((a, b): &Files, spec: &DataSpec) -> Result<[Photo; 2], (Option<PathBuf>, String)> {
    let first = photo::read(a, spec.background).map_err(|why| (None, why))?;
    match b {
        Some(path) => Ok([first, photo::read(path, spec.background).map_err(|why| (Some(path.clone()), why))?]),
        None => halves(&first).map_err(|why| (None, why.to_string())),
    }
}

/// Both pictures of a pair, prepared alike; else a short clause, with the file where that is not the first.
fn prepare(preparer: &mut Preparer, files: &Files, spec: &DataSpec) -> Result<[Vec<u8>; 2], (Option<PathBuf>, String)> {
    let [first, second] = both(files, spec)?;
    let mut square = |photo: &Photo| {
        let mut out = vec![0; spec.size * spec.size * spec.channels];
        preparer.prepare(photo.source(), spec, &mut out).map_err(|_| (None, "corrupt".to_owned()))?;
        Ok(out)
    };
    Ok([square(&first)?, square(&second)?])
}

/// The left and right half of a picture that is twice as wide as high.
fn halves(photo: &Photo) -> Result<[Photo; 2]> {
    let Photo { width, height, channels, .. } = *photo;
    if width != 2 * height {
        bail!("{width}×{height} is not two squares side by side");
    }
    let half = |at: usize| {
        let rows = photo.bytes.chunks_exact(width * channels);
        let bytes = rows.flat_map(|row| &row[at * height * channels..(at + 1) * height * channels]).copied().collect();
        Photo { width: height, height, channels, bytes }
    };
    Ok([half(0), half(1)])
}

#[cfg(test)]
#[path = "pairs_tests.rs"]
mod tests;
