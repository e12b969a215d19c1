//! Makes the catalogue of what can be chosen, and the summary of data that were read.

use super::tools;
use crate::{
    data::{self, Loaded},
    engine::{
        options::Options,
        protocol::{Catalogue, DataFacts, DatasetEntry, FamilyEntry},
        starters,
    },
    metrics::METRICS,
    models, nn,
    picture::Layout,
    spec::DataShape,
};

/// What can be chosen, with start values for this shape; without one, for data as usual, which suit every family.
pub fn catalogue(chosen: Option<&DataShape>, options: &Options) -> Catalogue {
    let usual = DataShape::default();
    let shape = chosen.unwrap_or(&usual);
    let entry = |f: &models::Family| FamilyEntry {
        card: (f.card)(),
        knobs: (f.knobs)(shape),
        presets: (f.presets)(shape),
        unfit: chosen.and_then(|shape| (f.fits)(shape).err()),
    };
    let dataset = |d: &data::Format| DatasetEntry {
        id: d.id.into(),
        title: d.title.into(),
        about: d.about.into(),
        built_in: d.built_in,
    };
    Catalogue {
        shape: shape.clone(),
        families: models::FAMILIES.iter().map(entry).collect(),
        datasets: data::DATASETS.iter().map(dataset).collect(),
        starters: starters::names(),
        threads: options.threads,
        home: options.runs.clone(),
        libtorch: nn::LIBTORCH.into(),
        devices: nn::device_words(),
        tools: tools::entries(),
        metrics: METRICS.iter().map(|metric| metric.card).collect(),
    }
}

/// Pictures on the contact sheet.
const SHEET: usize = 64;

/// The summary of data that the window shows.
pub fn facts(loaded: &Loaded) -> DataFacts {
    let sheet = data::sheet(loaded, SHEET);
    DataFacts {
        spec: loaded.spec.clone(),
        shape: loaded.shape.clone(),
        test_count: loaded.test.pixels.count,
        class_names: loaded.class_names.clone(),
        sheet,
        tile: Layout::square(loaded.spec.size, 1).tile,
        skipped_count: loaded.skipped.len(),
        skipped: loaded.skipped.iter().take(100).map(|s| (s.path.clone(), s.reason.clone())).collect(),
        fingerprint: loaded.fingerprint.clone(),
        bytes: loaded.train.pixels.bytes.len() + loaded.test.pixels.bytes.len(),
    }
}
