//! Finds the folder of a run.

use super::protocol::Location;
use crate::run;
use std::path::PathBuf;

impl Location {
    /// The folder; reads the disk where a free name must be found, and gives that name to a run whose `name` is empty.
    pub(super) fn settle(self, name: &mut String) -> PathBuf {
        match self {
            Self::Folder(folder) => folder,
            Self::Fresh { runs, base } => {
                let (fresh, folder) = run::fresh_name(&runs, &base);
                if name.is_empty() {
                    *name = fresh;
                }
                folder
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_folder_is_the_first_that_is_free_and_names_a_run_without_a_name() {
        let runs = tempfile::tempdir().unwrap();
        std::fs::create_dir(runs.path().join("cats-1")).unwrap();
        let fresh = || Location::Fresh { runs: runs.path().into(), base: "Cats".into() };
        let (mut none, mut given) = (String::new(), "mine".to_owned());
        assert_eq!(fresh().settle(&mut none), runs.path().join("cats-2"));
        assert_eq!(fresh().settle(&mut given), runs.path().join("cats-2"));
        assert_eq!((none.as_str(), given.as_str()), ("cats-2", "mine"));
        assert_eq!(Location::Folder("/a".into()).settle(&mut given), PathBuf::from("/a"));
    }
}
