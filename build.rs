//! Tells the linker where libtorch is, and to keep its CUDA half; gathers the recipes of `assets/recipes` into one table.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    gather_recipes();
    let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    // libtorch_cuda registers itself when it loads; nothing calls it by name, so the linker would drop it.
    println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
    println!("cargo:rustc-link-arg=-ltorch");
}

/// Writes `recipes.rs` for `src/recipes.rs` to include: the texts and pictures there are, so that a new recipe is a file and nothing else.
fn gather_recipes() {
    let folder =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where we are")).join("assets/recipes");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("assets/recipes is there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml" || e == "png"))
        .collect();
    files.sort();
    let (mut texts, mut pictures) = (String::new(), String::new());
    for path in &files {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_name().expect("a file").to_string_lossy();
        let stem = path.file_stem().expect("a file").to_string_lossy();
        let whole = path.display().to_string();
        let written = if path.extension().is_some_and(|e| e == "toml") {
            writeln!(texts, "    ({stem:?}, include_str!({whole:?})),")
        } else {
            writeln!(pictures, "    ({name:?}, include_bytes!({whole:?})),")
        };
        written.expect("a string takes all");
    }
    let table =
        format!("const TEXTS: &[(&str, &str)] = &[\n{texts}];\nconst PICTURES: &[(&str, &[u8])] = &[\n{pictures}];\n");
    let out = std::env::var("OUT_DIR").expect("cargo says where to write");
    std::fs::write(Path::new(&out).join("recipes.rs"), table).expect("the table is written");
}
