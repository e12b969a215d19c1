//! Reads Rust sources well enough to see names, test modules and the length of functions.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// A source file.
pub struct Source {
    /// Its path from the top of the project.
    pub place: String,
    /// The room it belongs to: the first name under `src`, without `.rs`.
    pub room: String,
    /// Names of the files and folders beside and below it in its room.
    pub siblings: Vec<String>,
    /// It is the body of a test module.
    pub only_tests: bool,
    /// As it stands.
    pub text: String,
    /// Comments and the insides of strings blanked out; the lines are where they were.
    pub code: String,
}

impl Source {
    /// All Rust files below some folders of the project.
    pub fn all(folders: &[&str]) -> Vec<Self> {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files: Vec<PathBuf> = folders.iter().flat_map(|folder| rust_files(&top.join(folder))).collect();
        assert!(!files.is_empty(), "no sources below {}", top.display());
        let mut sources: Vec<Self> = files.iter().map(|file| Self::read(top, file)).collect();
        let test_files: HashSet<String> = sources.iter().flat_map(Self::test_files).collect();
        for source in &mut sources {
            source.only_tests =
                test_files.iter().any(|file| source.place == *file || source.place.starts_with(&below(file)));
        }
        sources
    }

    /// The code that ships: without test modules, and nothing of a file that is one.
    pub fn shipped(&self) -> String {
        if self.only_tests { String::new() } else { outside_tests(&self.code) }
    }

    fn read(top: &Path, file: &Path) -> Self {
        let place = file.strip_prefix(top).expect("inside the project");
        let parts: Vec<String> = place.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let room = parts[1].trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(file).expect("readable text");
        let inside = rust_files(&top.join(&parts[0]).join(&room));
        let stem = |path: &PathBuf| Some(path.file_stem()?.to_string_lossy().into_owned());
        let folder = |path: &PathBuf| Some(path.parent()?.file_name()?.to_string_lossy().into_owned());
        let siblings = inside.iter().filter_map(stem).chain(inside.iter().filter_map(folder)).collect();
        Self { place: parts.join("/"), room, siblings, only_tests: false, code: code_of(&text), text }
    }

    /// Where the bodies of its `#[cfg(test)] mod name;` may be.
    fn test_files(&self) -> Vec<String> {
        let (folder, file) = self.place.rsplit_once('/').unwrap_or(("", &self.place));
        let stem = file.trim_end_matches(".rs");
        let own = if ["mod", "lib", "main"].contains(&stem) { folder.to_owned() } else { format!("{folder}/{stem}") };
        let mut files = Vec::new();
        for (at, _) in self.code.match_indices("#[cfg(test)]") {
            let item = &self.code[at..block_end(&self.code, at).unwrap_or(at)];
            let Some((_, name)) = item.trim_end_matches(';').rsplit_once("mod ").filter(|_| item.ends_with(';')) else {
                continue;
            };
            // Strings are blank in the code; the lines are the same.
            let lines = self.text.lines().skip(self.code[..at].matches('\n').count()).take(item.lines().count());
            let path =
                lines.filter_map(|line| line.split_once("path = \"")).find_map(|(_, path)| path.split('"').next());
            match path {
                Some(path) => files.push(format!("{folder}/{path}")),
                None => files.extend([format!("{own}/{name}.rs"), format!("{own}/{name}/mod.rs")]),
            }
        }
        files
    }
}

/// Where the modules of a file are.
fn below(file: &str) -> String {
    let stem = file.trim_end_matches(".rs");
    format!("{}/", stem.strip_suffix("/mod").unwrap_or(stem))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    let below = |path: PathBuf| if path.is_dir() { rust_files(&path) } else { vec![path] };
    paths.into_iter().flat_map(below).filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

/// Blanks out comments and what stands in strings and characters, so that what is left can be counted and searched.
pub fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = end_of_blank(&chars, at);
        if end > at {
            code.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            code.push(chars[at]);
            at += 1;
        }
    }
    code
}

/// Where the comment, string or character that begins here ends; `at` itself if none begins here.
fn end_of_blank(chars: &[char], at: usize) -> usize {
    let starts = |from: usize, word: &str| word.chars().enumerate().all(|(i, c)| chars.get(from + i) == Some(&c));
    let find = |from: usize, end: &dyn Fn(usize) -> bool| (from..chars.len()).find(|i| end(*i)).unwrap_or(chars.len());
    let in_word = at > 0 && is_name(chars[at - 1]);
    if starts(at, "//") {
        return find(at, &|i| chars[i] == '\n');
    }
    if starts(at, "/*") {
        let (mut depth, mut i) = (1, at + 2);
        while depth > 0 && i < chars.len() {
            let (opens, closes) = (starts(i, "/*"), starts(i, "*/"));
            depth = depth + usize::from(opens) - usize::from(closes);
            i += if opens || closes { 2 } else { 1 };
        }
        return i.min(chars.len());
    }
    let raw = at + usize::from(starts(at, "br"));
    if !in_word && chars[raw] == 'r' {
        let hashes = chars[raw + 1..].iter().take_while(|c| **c == '#').count();
        if chars.get(raw + 1 + hashes) == Some(&'"') {
            let close = format!("\"{}", "#".repeat(hashes));
            return (find(raw + 2 + hashes, &|i| starts(i, &close)) + close.len()).min(chars.len());
        }
    }
    match chars[at] {
        '"' => {
            let mut i = at + 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            (i + 1).min(chars.len())
        }
        '\'' if chars.get(at + 1) == Some(&'\\') => (find(at + 3, &|i| chars[i] == '\'') + 1).min(chars.len()),
        '\'' if chars.get(at + 2) == Some(&'\'') => at + 3, // else a lifetime
        _ => at,
    }
}

/// Whether a character may stand in a name.
pub fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the code has this as a whole word.
pub fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(is_name)
            && !code[at + word.len()..].chars().next().is_some_and(is_name)
    })
}

/// Whether the code has this, not as the end of a longer name.
pub fn has_start(code: &str, start: &str) -> bool {
    let named = start.chars().next().is_some_and(is_name);
    code.match_indices(start).any(|(at, _)| !named || !code[..at].chars().next_back().is_some_and(is_name))
}

/// Every path after `lead`: `use crate::{a::{b, c}, d}; crate::e::f()` gives `a::b`, `a::c`, `d`, `e::f` after `crate::`.
pub fn names_after(code: &str, lead: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(lead) {
        if !code[..at].chars().next_back().is_some_and(is_name) {
            expand("", &code[at + lead.len()..], &mut names);
        }
    }
    names
}

/// Adds the paths that begin at the start of `rest`.
fn expand(prefix: &str, rest: &str, names: &mut Vec<String>) {
    let rest = rest.trim_start();
    let path = rest.split(|c| !is_name(c) && c != ':' && c != '*').next().unwrap_or_default();
    let after = rest[path.len()..].trim_start();
    let so_far = format!("{prefix}{path}");
    if !after.starts_with('{') || !(path.is_empty() || path.ends_with("::")) {
        names.push(so_far.trim_end_matches(':').to_owned());
        return;
    }
    let (mut depth, mut begin) = (0, 1);
    for (i, c) in after.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if (c == ',' && depth == 1) || depth == 0 {
            if !after[begin..i].trim().is_empty() {
                expand(&so_far, &after[begin..i], names);
            }
            begin = i + 1;
        }
        if depth == 0 {
            break;
        }
    }
}

/// The code with its test modules blanked out.
pub fn outside_tests(code: &str) -> String {
    let mut kept = code.to_owned();
    while let Some(at) = kept.find("#[cfg(test)]") {
        let end = block_end(&kept, at).unwrap_or(kept.len());
        let blank: String = kept[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        kept.replace_range(at..end, &blank);
    }
    kept
}

/// Just after the block `{…}` that follows, or after a `;` that comes before it.
fn block_end(code: &str, from: usize) -> Option<usize> {
    let (mut braces, mut others) = (0, 0);
    for (i, c) in code[from..].char_indices() {
        match c {
            '(' | '[' => others += 1,
            ')' | ']' => others -= 1,
            ';' if braces == 0 && others == 0 => return Some(from + i + 1),
            '{' => braces += 1,
            '}' if braces == 1 => return Some(from + i + 1),
            '}' => braces -= 1,
            _ => {}
        }
    }
    None
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its first line, from 1.
    pub line: usize,
    /// Lines from its name to its closing brace.
    pub lines: usize,
}

/// All functions with a body.
pub fn functions(code: &str) -> Vec<Function> {
    let named = code.match_indices("fn ").filter(|(at, _)| !code[..*at].chars().next_back().is_some_and(is_name));
    named
        .filter_map(|(at, lead)| {
            let name: String = code[at + lead.len()..].chars().take_while(|c| is_name(*c)).collect();
            let end = block_end(code, at)?;
            let whole = !name.is_empty() && code[..end].ends_with('}');
            whole.then(|| Function {
                name,
                line: code[..at].matches('\n').count() + 1,
                lines: code[at..end].matches('\n').count() + 1,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_read_to_the_last_name() {
        let code = "use crate::{ a::{b, c::d as e}, f, g::*, };\n my_crate::no(); crate::h::i()";
        assert_eq!(names_after(code, "crate::"), ["a::b", "a::c::d", "f", "g::*", "h::i"]);
        assert_eq!(names_after("if x == crate::mailbox::EMPTY { y }", "crate::"), ["mailbox::EMPTY"]);
    }

    #[test]
    fn comments_and_strings_are_no_code() {
        let text = "a /* b /* c */ d */ e // f\n\"g \\\" h\" i 'j' '\\'' <'k> r#\"l \" m\"# br\"n\" o";
        let left: Vec<String> = code_of(text).split_whitespace().map(str::to_owned).collect();
        assert_eq!(left, ["a", "e", "i", "<'k>", "o"]);
        assert_eq!(code_of(text).lines().count(), text.lines().count());
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("use tch::Tensor;", "tch") && has_word("x(tch)", "tch"));
        assert!(!has_word("batch::go(); tch_like", "tch"));
        assert!(has_start("std::fs::read(x)", "fs::") && has_start("a.recv()", ".recv()"));
        assert!(!has_start("prefs::read(x)", "fs::"));
    }

    #[test]
    fn test_modules_do_not_count() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { c.unwrap() }\n}\nfn d() {}";
        let left = outside_tests(code);
        assert!(left.contains("fn a") && left.contains("fn d") && !left.contains("unwrap"));
        assert_eq!(left.lines().count(), code.lines().count());
    }

    #[test]
    fn files_of_test_modules_are_found() {
        let source = |place: &str, text: &str| Source {
            place: place.into(),
            room: String::new(),
            siblings: Vec::new(),
            only_tests: false,
            text: text.into(),
            code: code_of(text),
        };
        let named = source("src/run/a.rs", "// é\n#[cfg(test)]\n#[path = \"b.rs\"]\nmod tests;\nmod c;");
        assert_eq!(named.test_files(), ["src/run/b.rs"]);
        let plain = source("src/run/mod.rs", "mod a;\n#[cfg(test)]\nmod t;\n#[cfg(test)]\nmod u { }");
        assert_eq!(plain.test_files(), ["src/run/t.rs", "src/run/t/mod.rs"]);
    }

    #[test]
    fn what_lies_below_a_test_module_is_tests_too() {
        assert_eq!(below("src/models/tests/mod.rs"), "src/models/tests/");
        assert_eq!(below("src/run/a.rs"), "src/run/a/");
        let all = Source::all(&["src"]);
        let of = |place: &str| all.iter().find(|source| source.place == place).expect(place).only_tests;
        assert!(of("src/models/tests/decode.rs") && !of("src/models/table.rs"));
    }

    #[test]
    fn functions_are_measured_from_name_to_brace() {
        let code = "trait T { fn no(&self) -> [u8; 3]; }\ntype F = fn (u8);\nfn two(\n) -> [u8; 2] { if x { y } }\n  fn one() {}";
        let found: Vec<_> = functions(code).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("two".to_owned(), 3, 2), ("one".to_owned(), 5, 1)]);
    }
}
