//! Any folder of pictures: png, jpeg, gif, webp and bmp, in it and below it; its sub-folders are classes.

use super::preprocess::{self, Preparer, Progress};
use super::{Dataset, Format, Loaded, Show, Skipped, Watch, photo, split};
use crate::picture::Pixels;
use crate::spec::{DataShape, DataSpec};
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use walkdir::WalkDir;

/// The table line.
pub(super) const FORMAT: Format = Format {
    id: "folder",
    title: "Folder of pictures",
    about: "Any folder with PNG, JPEG, GIF, WebP or BMP pictures. Pictures in sub-folders get the sub-folder's name as their class.",
    built_in: false,
    claims: |path| path.is_dir() || is_picture_name(path),
    open,
};

const ENDINGS: [&str; 6] = ["png", "jpg", "jpeg", "gif", "webp", "bmp"];
/// Files that a core reads before the first look at the watch.
const FIRST: usize = 16;
/// Between two looks at the watch.
const RHYTHM: Duration = Duration::from_millis(100);
/// Headers read in a survey.
const GLANCES: usize = 64;
/// Left-out files that an error names.
const NAMED: usize = 3;

/// A folder.
struct Folder {
    root: PathBuf,
}

/// What a walk through a folder finds.
pub(super) struct Listing {
    /// Files that call themselves pictures, in a fixed order.
    pub files: Vec<PathBuf>,
    /// The class of each; empty when there are none.
    labels: Vec<u32>,
    class_names: Vec<String>,
    /// What could not even be listed.
    pub skipped: Vec<Skipped>,
}

fn open(source: &str) -> Result<Box<dyn Dataset>> {
    let root = PathBuf::from(source);
    if !root.is_dir() {
        bail!("{source} is one picture, and training needs a folder of them; give the folder that holds it.");
    }
    Ok(Box::new(Folder { root }))
}

/// Whether a name ends as pictures' names do.
pub fn is_picture_name(path: &Path) -> bool {
    path.extension().is_some_and(|end| ENDINGS.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

/// Whether a name begins with a dot.
pub(super) fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

impl Listing {
    /// Walks through a folder.
    pub fn new(root: &Path) -> Self {
        let (mut files, mut skipped) = (Vec::new(), Vec::new());
        let walk = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
            match entry {
                Ok(entry) if !is_picture_name(entry.path()) || entry.file_type().is_dir() => {}
                Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
                Ok(entry) => skipped.push(Skipped { path: entry.into_path(), reason: "not a file".into() }),
                // A link that leads back up; what it leads to is listed anyway.
                Err(error) if error.loop_ancestor().is_some() => {}
                Err(error) => {
                    let path = error.path().unwrap_or(root);
                    let hidden = path.file_name().is_some_and(is_hidden);
                    if !hidden && (is_picture_name(path) || path.is_dir()) {
                        skipped.push(Skipped { path: path.to_owned(), reason: "unreadable".into() });
                    }
                }
            }
        }
        let (labels, class_names) = classes(root, &files);
        Self { files, labels, class_names, skipped }
    }

    /// Reads the headers of some files for the size and channels that suit them.
    fn survey(&self) -> DataShape {
        let count = self.files.len();
        let some: Vec<_> = (0..count.min(GLANCES)).map(|i| &self.files[i * count / count.min(GLANCES)]).collect();
        let glances: Vec<_> = some.par_iter().filter_map(|path| photo::glance(path)).collect();
        let sides: Vec<_> = glances.iter().map(|glance| glance.sides).collect();
        let grey = !glances.is_empty() && glances.iter().all(|glance| glance.grey);
        DataShape {
            count: count - split::held_out(count),
            classes: self.class_names.len(),
            size: preprocess::suitable_size(&sides),
            channels: if grey { 1 } else { 3 },
            paired: false,
            sides: preprocess::median_sides(&sides),
        }
    }
}

/// Each file's first sub-folder as its class, if every file lies in one and there are at least two.
fn classes(root: &Path, files: &[PathBuf]) -> (Vec<u32>, Vec<String>) {
    let class_of = |path: &PathBuf| -> Option<OsString> {
        let mut parts = path.strip_prefix(root).ok()?.components();
        let first = parts.next()?;
        parts.next().map(|_| first.as_os_str().to_owned())
    };
    let Some(of) = files.iter().map(class_of).collect::<Option<Vec<_>>>() else { return Default::default() };
    let names: Vec<_> = of.iter().collect::<BTreeSet<_>>().into_iter().collect();
    if names.len() < 2 {
        return Default::default();
    }
    let labels = of.iter().filter_map(|class| names.binary_search(&class).ok()).map(|class| class as u32).collect();
    (labels, names.iter().map(|name| name.to_string_lossy().into_owned()).collect())
}

impl Folder {
    fn too_few(&self, found: usize, skipped: &[Skipped]) -> anyhow::Error {
        let root = self.root.display();
        let found = match found {
            0 => "no readable picture was".to_owned(),
            _ => "only 1 readable picture was".to_owned(),
        };
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut named: Vec<_> =
            skipped.iter().take(NAMED).map(|left| format!("{} ({})", name(&left.path), left.reason)).collect();
        if skipped.len() > NAMED {
            named.push(format!("{} more", skipped.len() - NAMED));
        }
        let left_out = if named.is_empty() { String::new() } else { format!("; left out: {}", named.join(", ")) };
        anyhow::anyhow!(
            "Training needs at least 2 pictures (png, jpeg, gif, webp, bmp), but {found} found in {root}{left_out}."
        )
    }
}

impl Dataset for Folder {
    fn survey(&self) -> Result<DataShape> {
        let listing = Listing::new(&self.root);
        if listing.files.len() < 2 {
            return Err(self.too_few(listing.files.len(), &listing.skipped));
        }
        Ok(listing.survey())
    }

    fn glimpse(&self, spec: &DataSpec, most: usize, show: Show<'_>) -> Result<()> {
        let files = Listing::new(&self.root).files;
        // Files that cannot be read are reported when all are.
        let photos = files.iter().filter_map(|path| photo::read(path, spec.background).ok());
        photos.take(most).try_for_each(|photo| show(photo.source()))
    }

    fn load(&self, spec: &DataSpec, watch: &mut dyn Watch) -> Result<Loaded> {
        let mut listing = Listing::new(&self.root);
        let total = listing.files.len();
        preprocess::afford(total, spec, 0)?;
        let shape = listing.survey();
        let mut progress = Progress::new(watch, total);
        let mut pixels = Pixels::new(spec.size, spec.channels);
        pixels
            .bytes
            .try_reserve_exact(total * pixels.stride())
            .context("There is not enough memory for the pictures.")?;
        let (mut labels, mut skipped) = (Vec::new(), std::mem::take(&mut listing.skipped));
        let (mut done, mut many) = (0, FIRST * rayon::current_num_threads());
        while done < total {
            let begin = Instant::now();
            let paths = &listing.files[done..total.min(done + many)];
            let read: Vec<_> = paths.par_iter().map_init(Preparer::default, |p, path| prepare(p, path, spec)).collect();
            let before = pixels.count;
            for (i, (path, result)) in paths.iter().zip(read).enumerate() {
                match result {
                    Ok(bytes) => {
                        pixels.push(&bytes);
                        labels.extend(listing.labels.get(done + i));
                    }
                    Err(reason) => skipped.push(Skipped { path: path.clone(), reason }),
                }
            }
            progress.more(paths.len(), &pixels, pixels.count - before)?;
            done += paths.len();
            many = paced(many, begin.elapsed());
        }
        if pixels.count < 2 {
            return Err(self.too_few(pixels.count, &skipped));
        }
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        let splits = split::cut(pixels, &labels, spec.seed);
        Ok(preprocess::finish(spec, &shape, listing.class_names, splits, skipped))
    }
}

/// How many files to read next, so that cores seldom wait for each other and the watch never waits for long.
fn paced(many: usize, took: Duration) -> usize {
    let most = many.saturating_mul(2).min(4096);
    ((many as f64 * RHYTHM.as_secs_f64() / took.as_secs_f64().max(1e-6)) as usize).clamp(many.div_ceil(2), most)
}

fn prepare(preparer: &mut Preparer, path: &Path, spec: &DataSpec) -> Result<Vec<u8>, String> {
    let photo = photo::read(path, spec.background)?;
    let mut out = vec![0; spec.size * spec.size * spec.channels];
    preparer.prepare(photo.source(), spec, &mut out).map_err(|_| "corrupt".to_owned())?;
    Ok(out)
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
