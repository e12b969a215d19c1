//! Where runs, settings and logs live.

use directories::ProjectDirs;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

const VARIABLE: &str = "LATENT_STUDIO_HOME";
const LONGEST_BASE: usize = 60;

/// The program's places. None of them need exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The folder of everything else that the program keeps.
    pub root: PathBuf,
    /// The folder of new runs.
    pub runs: PathBuf,
    /// The settings file, `settings.toml`.
    pub settings: PathBuf,
    /// The folder of logs.
    pub logs: PathBuf,
}

impl Home {
    /// The folder of the classifiers that measures look through, one for each set of labelled data.
    pub fn classifiers(&self) -> PathBuf {
        self.root.join("classifiers")
    }
}

/// The places of this process: all under `LATENT_STUDIO_HOME` when it is set. Else runs are in `checkpoints/` of the
/// checkout that the program was started in, or in the user's data folder.
pub fn home() -> Home {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    home_from(std::env::var_os(VARIABLE), &here, ProjectDirs::from("", "", "latent-studio").as_ref())
}

fn home_from(variable: Option<OsString>, here: &Path, user: Option<&ProjectDirs>) -> Home {
    if let Some(root) = variable.filter(|v| !v.is_empty()) {
        return under(&here.join(root));
    }
    // A user without a home folder, as in some containers.
    let mut home = user.map_or_else(|| under(&std::env::temp_dir().join("latent-studio")), of_user);
    if is_checkout(here) {
        home.runs = here.join("checkpoints");
    }
    home
}

fn under(root: &Path) -> Home {
    Home {
        root: root.to_owned(),
        runs: root.join("runs"),
        settings: root.join("settings.toml"),
        logs: root.join("logs"),
    }
}

fn of_user(user: &ProjectDirs) -> Home {
    let data = user.data_dir();
    Home {
        settings: user.config_dir().join("settings.toml"),
        logs: user.state_dir().unwrap_or(data).join("logs"),
        ..under(data)
    }
}

/// Whether a folder is this program's source, with its folder of runs.
fn is_checkout(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let name = manifest.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str);
    name == Some(env!("CARGO_PKG_NAME")) && folder.join("checkpoints").is_dir()
}

/// A name for a new run that no folder in `runs` has, `mnist-dcgan-3`, and the folder it may have.
pub fn fresh_name(runs: &Path, base: &str) -> (String, PathBuf) {
    let base = plain(base);
    let mut number = 1_u64;
    loop {
        let name = format!("{base}-{number}");
        let folder = runs.join(&name);
        // A dangling link is taken too.
        if folder.symlink_metadata().is_err() {
            return (name, folder);
        }
        number += 1;
    }
}

/// Letters and digits of any script, small where they can be; anything else becomes one `-`.
fn plain(base: &str) -> String {
    let words = base.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-").to_lowercase();
    let short: String = joined.chars().take(LONGEST_BASE).collect();
    if short.is_empty() { "run".to_owned() } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_moves_everything() {
        let home = home_from(Some("/srv/studio".into()), Path::new("/src"), None);
        assert_eq!(home, under(Path::new("/srv/studio")));
        assert_eq!(home.runs, Path::new("/srv/studio/runs"));
        assert_eq!(home_from(Some("near".into()), Path::new("/src"), None).root, Path::new("/src/near"));
    }

    #[test]
    fn a_checkout_keeps_its_runs_beside_the_source() {
        let here = tempfile::tempdir().unwrap();
        let user = ProjectDirs::from_path("latent-studio".into());
        let elsewhere = home_from(Some(OsString::new()), here.path(), user.as_ref());
        assert!(elsewhere.runs.starts_with(&elsewhere.root) && !elsewhere.runs.starts_with(here.path()));
        assert!(elsewhere.settings.ends_with("settings.toml") && elsewhere.logs.ends_with("logs"));
        fs::create_dir(here.path().join("checkpoints")).unwrap();
        fs::write(here.path().join("Cargo.toml"), "[package]\nname = \"another\"").unwrap();
        assert_eq!(home_from(None, here.path(), user.as_ref()), elsewhere);
        fs::write(here.path().join("Cargo.toml"), "[package]\nname = \"latent-studio\"").unwrap();
        let checkout = home_from(None, here.path(), user.as_ref());
        assert_eq!(checkout, Home { runs: here.path().join("checkpoints"), ..elsewhere });
        assert!(home_from(None, Path::new("/"), None).runs.ends_with("latent-studio/runs"));
    }

    #[test]
    fn the_first_free_number_is_taken() {
        let runs = tempfile::tempdir().unwrap();
        let name = |base: &str| fresh_name(runs.path(), base).0;
        assert_eq!(name("MNIST dcgan"), "mnist-dcgan-1");
        for taken in ["mnist-dcgan-1", "mnist-dcgan-2", "mnist-dcgan-4"] {
            fs::create_dir(runs.path().join(taken)).unwrap();
        }
        assert_eq!(fresh_name(runs.path(), "mnist-dcgan"), ("mnist-dcgan-3".into(), runs.path().join("mnist-dcgan-3")));
        assert_eq!(name("../..\u{0}/写真 folder"), "写真-folder-1");
        assert_eq!(name("…"), "run-1");
        assert!(name(&"あ".repeat(300)).len() < 255);
        assert_eq!(fresh_name(Path::new("/nowhere/at/all"), "a").0, "a-1");
    }
}
