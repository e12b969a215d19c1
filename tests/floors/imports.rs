//! Which source file imports which, and circles among them.

use super::reader::{Source, has_start, has_word, is_name};
use std::collections::{BTreeMap, BTreeSet};

/// A name brought in by a `use` statement.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Import {
    /// The path as written, such as `super::spec::Knob`.
    path: Vec<String>,
    /// The name it has here; `*` for all names.
    name: String,
    /// It is re-exported: others may import it from here.
    public: bool,
}

/// A source file as a module.
struct Module {
    place: String,
    imports: Vec<Import>,
    /// Its `mod name;` declarations.
    children: BTreeSet<String>,
    /// The code without `use` statements.
    body: String,
}

/// All modules by path: `["engine", "train", "trainer"]`.
type Modules = BTreeMap<Vec<String>, Module>;

/// The circles among the files: groups of files each of which imports every other, directly or through others. A re-export is an
/// address: importing `Thing` from a module that re-exports it is an import of the file that defines it.
pub fn circles(sources: &[Source]) -> Vec<Vec<String>> {
    let modules: Modules = sources.iter().filter(|s| !s.only_tests).filter_map(module).collect();
    let graph: BTreeMap<_, _> = modules.keys().map(|path| (path.clone(), targets(&modules, path))).collect();
    let reached: BTreeMap<_, _> = graph.keys().map(|path| (path, reach(&graph, path))).collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (path, all) in &reached {
        if all.contains(*path) {
            let group = all.iter().filter(|other| reached[other].contains(*path));
            found.insert(group.map(|path| modules[path].place.clone()).collect());
        }
    }
    found.into_iter().collect()
}

/// Every module that a module imports, directly or through others.
fn reach(graph: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>, from: &[String]) -> BTreeSet<Vec<String>> {
    let (mut all, mut next) = (BTreeSet::new(), vec![from.to_vec()]);
    while let Some(path) = next.pop() {
        for target in &graph[&path] {
            if all.insert(target.clone()) {
                next.push(target.clone());
            }
        }
    }
    all
}

/// The modules whose items a module uses.
fn targets(modules: &Modules, path: &[String]) -> BTreeSet<Vec<String>> {
    let module = &modules[path];
    let used = |import: &&Import| !import.public || uses(&module.body, &import.name);
    let imported = module.imports.iter().filter(used).map(|import| import.path.clone());
    let named =
        paths_in(&module.body).into_iter().map(|written| match module.imports.iter().find(|i| i.name == written[0]) {
            Some(import) => [import.path.as_slice(), &written[1..]].concat(),
            None => written,
        });
    let absolute = imported.chain(named).filter_map(|written| absolute(module, path, &written));
    let items = absolute.filter(|absolute| !modules.contains_key(absolute));
    items.filter_map(|item| home(modules, &item, 0)).filter(|home| home != path).collect()
}

/// Whether code uses an imported name. A small letter may begin a field or a local of the same name, so it must be called or be
/// the beginning of a path.
fn uses(body: &str, name: &str) -> bool {
    let small = name.starts_with(char::is_lowercase);
    let forms = if small { vec![format!("{name}("), format!("{name}::")] } else { vec![name.to_owned()] };
    forms.iter().any(|form| if small { has_start(body, form) } else { has_word(body, form) })
}

/// A path from the root of the crate; `None` for one into another crate.
fn absolute(module: &Module, here: &[String], written: &[String]) -> Option<Vec<String>> {
    let supers = written.iter().take_while(|part| *part == "super").count();
    let (base, rest) = match written.first()?.as_str() {
        "crate" => (&here[..0], &written[1..]),
        "self" => (here, &written[1..]),
        "super" => (&here[..here.len().checked_sub(supers)?], &written[supers..]),
        child if module.children.contains(child) => (here, written),
        _ => return None,
    };
    Some([base, rest].concat())
}

/// The module whose file defines an item.
fn home(modules: &Modules, item: &[String], depth: usize) -> Option<Vec<String>> {
    let len = (0..=item.len()).rev().find(|len| modules.contains_key(&item[..*len]))?;
    let (path, name) = (item[..len].to_vec(), item.get(len)?);
    let module = &modules[&path];
    // A chain of re-exports longer than this does not exist.
    if depth > 8 || defines(&module.body, name) {
        return Some(path);
    }
    let through = |import: &Import, tail: &[String]| {
        let target = [absolute(module, &path, &import.path)?.as_slice(), tail].concat();
        home(modules, &target, depth + 1)
    };
    if let Some(import) = module.imports.iter().find(|import| import.name == *name) {
        return through(import, &item[len + 1..]).or(Some(path));
    }
    let mut globs = module.imports.iter().filter(|import| import.name == "*");
    globs.find_map(|import| through(import, &item[len..])).or(Some(path))
}

/// Whether the code defines an item of this name.
fn defines(body: &str, name: &str) -> bool {
    let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod", "macro_rules!"];
    kinds.iter().any(|kind| has_word(body, &format!("{kind} {name}")))
}

/// A source as a module, with its path; `None` for `main.rs`, which nothing imports.
fn module(source: &Source) -> Option<(Vec<String>, Module)> {
    let inside = source.place.strip_prefix("src/")?.strip_suffix(".rs")?;
    let mut path: Vec<String> = inside.split('/').map(str::to_owned).collect();
    match path.last()?.as_str() {
        "main" => return None,
        "mod" | "lib" => drop(path.pop()),
        _ => {}
    }
    let (mut imports, mut children, mut body) = (Vec::new(), BTreeSet::new(), String::new());
    for statement in source.shipped().split_inclusive(';') {
        let words = statement.trim_end_matches(';');
        // What stands before is the end of the item above.
        let begin = words.rfind("use ").filter(|at| !words[..*at].chars().next_back().is_some_and(is_name));
        let tree = begin.map(|at| (&words[..at], words[at + 4..].trim()));
        if let Some((before, tree)) = tree.filter(|(_, tree)| !tree.contains(['(', '=', '"'])) {
            body += before;
            let line = before.rsplit('\n').next().unwrap_or_default().trim();
            expand(&[], tree, line.starts_with("pub"), &mut imports);
        } else {
            let name = words.rsplit_once("mod ").map(|(_, name)| name.trim());
            children.extend(name.filter(|name| name.chars().all(is_name)).map(str::to_owned));
            body += statement;
        }
    }
    Some((path, Module { place: source.place.clone(), imports, children, body }))
}

/// Adds what a `use` tree brings in.
fn expand(prefix: &[String], tree: &str, public: bool, imports: &mut Vec<Import>) {
    let tree = tree.trim();
    let (head, group) = match tree.split_once('{') {
        Some((head, rest)) => (head, Some(rest.trim_end().trim_end_matches('}'))),
        None => (tree, None),
    };
    let (path, alias) = head.split_once(" as ").map_or((head, None), |(path, alias)| (path, Some(alias.trim())));
    let mut path: Vec<String> = [prefix.to_vec(), parts(path)].concat();
    if let Some(group) = group {
        return split(group).into_iter().for_each(|tree| expand(&path, tree, public, imports));
    }
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    let Some(name) = alias.map(str::to_owned).or_else(|| path.last().cloned()) else { return };
    path.retain(|part| part != "*");
    imports.push(Import { path, name, public });
}

fn parts(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The members of a group, at its own level.
fn split(group: &str) -> Vec<&str> {
    let (mut members, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (i, c) in group.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            members.push(&group[begin..i]);
            begin = i + 1;
        }
    }
    members.push(&group[begin..]);
    members.into_iter().filter(|member| !member.trim().is_empty()).collect()
}

/// Every path of two names or more that stands in code.
fn paths_in(body: &str) -> BTreeSet<Vec<String>> {
    let words = body.split(|c: char| !is_name(c) && c != ':');
    words
        .filter(|word| word.contains("::") && !word.starts_with(':'))
        .map(parts)
        .filter(|path| path.len() > 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::code_of;

    fn of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let source = |(place, text): &(&str, &str)| Source {
            place: (*place).into(),
            room: String::new(),
            siblings: Vec::new(),
            only_tests: false,
            text: (*text).into(),
            code: code_of(text),
        };
        circles(&files.iter().map(source).collect::<Vec<_>>())
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let a = ("src/a.rs", "use crate::b::Two;\npub struct One(Two);");
        let b = ("src/b.rs", "pub struct Two;\nfn f() { super::a::One; }");
        assert_eq!(of(&[a, b]), [["src/a.rs", "src/b.rs"]]);
        assert!(of(&[a, ("src/b.rs", "pub struct Two;")]).is_empty());
    }

    #[test]
    fn a_re_export_is_an_address_and_hides_no_circle() {
        let room = ("src/room/mod.rs", "mod one;\nmod two;\npub use one::{One, go as run};\npub use two::*;");
        let one = ("src/room/one.rs", "use super::Two;\npub struct One(Two);\npub fn go() {}");
        let two = ("src/room/two.rs", "pub struct Two;");
        assert!(of(&[room, one, two]).is_empty());
        let back = ("src/room/two.rs", "pub struct Two;\nfn f() { super::run() }");
        assert_eq!(of(&[room, one, back]), [["src/room/one.rs", "src/room/two.rs"]]);
    }

    #[test]
    fn a_folder_that_uses_what_its_files_use_of_it_is_a_circle() {
        let folder = ("src/a/mod.rs", "mod b;\npub struct Kind;\npub fn all() -> u8 { b::one() }");
        let file = ("src/a/b.rs", "use super::Kind;\npub fn one() -> u8 { 1 }");
        assert_eq!(of(&[folder, file]), [["src/a/mod.rs", "src/a/b.rs"]]);
        assert!(
            of(&[folder, ("src/a/b.rs", "#[cfg(test)]\nmod t { use super::super::Kind; }\npub fn one() {}")])
                .is_empty()
        );
    }

    #[test]
    fn a_circle_goes_round_any_number_of_files() {
        let files =
            [("src/a.rs", "use crate::{b::{self, B}, c};\npub struct A;"), ("src/b.rs", "pub struct B(crate::c::C);")];
        let c = ("src/c.rs", "pub struct C(crate::a::A);");
        assert_eq!(of(&[files[0], files[1], c]), [["src/a.rs", "src/b.rs", "src/c.rs"]]);
    }
}
