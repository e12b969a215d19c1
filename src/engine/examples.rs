//! The fixed inputs of a run whose family turns pictures into pictures: made once, kept in its folder, shown for life.

use super::protocol::Examples;
use crate::{picture::Picture, run};
use std::path::Path;

/// Those in the folder of a run that is opened; none where they are gone, with a sentence.
pub fn of_folder(folder: Option<&Path>) -> (Examples, Option<String>) {
    let why = match folder.map(run::read_examples) {
        Some(Ok(Some(kept))) => return (shared(kept), None),
        Some(Err(why)) => why.to_string(),
        Some(Ok(None)) | None => "The inputs that belong to this run are gone.".into(),
    };
    (Examples::default(), Some(format!("{why} Open a picture to see what becomes of it.")))
}

/// The two lists of pictures, shared from here on.
pub fn shared([inputs, targets]: [Vec<Picture>; 2]) -> Examples {
    Examples { inputs: inputs.into(), targets: targets.into() }
}
