//! What a person set about recipes: which one the form was filled from, where the gallery stands, where data are.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The recipes' part of the desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipes {
    /// The recipe that the form was filled from last.
    pub chosen: Option<String>,
    /// The recipe whose details the gallery shows; `None` for all cards.
    pub open: Option<String>,
    /// The family that the gallery is narrowed to.
    pub family: Option<String>,
    /// Folders of data that a person brought, by what recipes call them: `mnist`.
    pub folders: BTreeMap<String, String>,
}
