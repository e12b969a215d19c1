//! The walls between the rooms and the rules of the page, kept by reading the sources.

#[path = "floors/imports.rs"]
mod imports;
#[path = "floors/reader.rs"]
mod reader;

use reader::{Source, functions, has_start, has_word, names_after};

/// Rooms that hold plain values only.
const PLAIN: &[&str] = &[
    "spec", "picture", "latent", "history", "mailbox", "meter", "desk", "weights", "scores", "compare", "doctor",
    "recipes", "canvas", "failure", "terminal",
];

/// Each room, the rooms it may name, and whether it may name all plain rooms too.
const ROOMS: &[(&str, &[&str], bool)] = &[
    ("spec", &[], false),
    ("picture", &[], false),
    ("mailbox", &[], false),
    ("meter", &[], false),
    ("history", &[], false),
    ("failure", &[], false),
    ("terminal", &[], false),
    ("scores", &[], false),
    ("compare", &["spec", "scores"], false),
    ("latent", &["spec", "picture"], false),
    ("weights", &["spec"], false),
    ("recipes", &["spec", "picture"], false),
    ("canvas", &["picture", "spec"], false),
    ("desk", &["spec", "latent", "picture", "canvas"], false),
    ("doctor", &["spec", "history"], false),
    ("data", &[], true),
    ("run", &[], true),
    ("nn", &["spec", "picture", "latent", "weights"], false),
    ("models", &["nn"], true),
    ("metrics", &["models", "data", "nn"], true),
    ("synth", &["models", "nn"], true),
    ("engine", &["models", "metrics", "synth", "data", "run", "nn"], true),
    ("session", &["engine::protocol"], true),
    ("ui", &["session", "engine::protocol"], true),
    ("app", &["engine", "session", "ui", "run"], true),
    ("bench", &["engine", "models", "metrics", "synth", "data", "run", "nn"], true),
    ("cli", &["bench", "engine", "models", "metrics", "synth", "data", "run", "nn"], true),
];

/// Crates that only some rooms may name.
const CRATES: &[(&[&str], &[&str])] = &[
    (&["egui", "egui_plot", "egui_notify", "epaint", "emath"], &["ui", "app", "main"]),
    (&["eframe", "rfd", "winit"], &["app", "main"]),
    (&["tch", "torch_sys"], &["nn", "models", "metrics", "synth"]),
];

/// Words of our own that gave way to the field's; the glossary of `src/lib.rs` has what is said instead.
const OLD_WORDS: &[&str] = &[
    "Artist", "Cooking", "Dream", "Duel", "Feeder", "Gauge", "Glass", "Leaf", "Pantry", "Relapse", "Setback", "Sheet",
    "Ward", "Wet", "Wish", "dream", "eyes", "feeder", "finger", "hear", "pantry", "setback", "ward", "wish",
];

/// What waits, and so has no place where a frame is drawn.
const WAITING: &[&str] = &[
    ".recv()",
    ".recv_timeout(",
    ".recv_deadline(",
    ".join()",
    ".wait()",
    "sleep(",
    "fs::",
    "File::",
    "OpenOptions",
    "std::net",
    "TcpStream",
    "Command::new(",
];

/// Ways to write a colour down.
const COLOURS: &[&str] = &["Color32::from_", "Rgba::from_", "Hsva::new", "hex_color!"];

/// Colours with a name that are no matter of taste: what tints and clears a texture.
const NEUTRAL: &[&str] = &["WHITE", "TRANSPARENT", "PLACEHOLDER"];

const MOST_LINES_OF_A_FILE: usize = 400;
const MOST_LINES_OF_A_FUNCTION: usize = 100;

/// Fails with all complaints at once, a line each.
fn nobody_complains(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn complaints(judge: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    Source::all(&["src"]).iter().flat_map(judge).collect()
}

fn trespasses(source: &Source) -> Vec<String> {
    let Some((_, others, plain)) = ROOMS.iter().find(|(room, ..)| *room == source.room) else {
        return Vec::new();
    };
    let allowed: Vec<&str> = others.iter().copied().chain(PLAIN.iter().copied().filter(|_| *plain)).collect();
    let may = |name: &str| {
        let under = |room: &str| name == room || name.strip_prefix(room).is_some_and(|rest| rest.starts_with("::"));
        under(&source.room) || allowed.iter().any(|room| under(room))
    };
    let by_crate = names_after(&source.code, "crate::");
    // `super::` from a room's first file is the same as `crate::`, unless the room has a part of that name itself.
    let by_super = names_after(&source.code, "super::").into_iter().filter(|name| {
        let first = name.split("::").next().unwrap_or_default();
        ROOMS.iter().any(|(room, ..)| *room == first) && !source.siblings.iter().any(|part| part == first)
    });
    let strangers = by_crate.into_iter().chain(by_super).filter(|name| !may(name));
    strangers.map(|name| format!("{} names {name}, which is not below {}", source.place, source.room)).collect()
}

#[test]
fn rooms_name_only_the_rooms_below_them() {
    nobody_complains(&complaints(trespasses));
}

#[test]
fn every_room_stands_in_the_table() {
    nobody_complains(&complaints(|source| {
        let known = ["main", "lib"].contains(&source.room.as_str()) || ROOMS.iter().any(|r| r.0 == source.room);
        if known {
            vec![]
        } else {
            vec![format!("{}: say in tests/floors.rs what {} may name", source.place, source.room)]
        }
    }));
}

#[test]
fn the_table_has_no_circle() {
    let rank = |room: &str| ROOMS.iter().position(|(name, ..)| *name == room);
    for (at, (room, others, _)) in ROOMS.iter().enumerate() {
        for other in *others {
            let first = other.split("::").next().unwrap_or_default();
            assert!(
                rank(first).is_some_and(|rank| rank < at),
                "{room} may name {other}, which does not stand above it"
            );
        }
    }
}

#[test]
fn no_files_import_each_other_however_far_round() {
    let circles = imports::circles(&Source::all(&["src"]));
    nobody_complains(&circles.iter().map(|files| format!("a circle: {}", files.join(" ↔ "))).collect::<Vec<_>>());
}

#[test]
fn the_window_and_the_tensors_stay_in_their_rooms() {
    nobody_complains(&complaints(|source| {
        let forbidden = CRATES.iter().filter(|(_, homes)| !homes.contains(&source.room.as_str()));
        let named = forbidden.flat_map(|(names, _)| *names).filter(|name| has_word(&source.code, name));
        named.map(|name| format!("{} names {name}", source.place)).collect()
    }));
}

#[test]
fn old_words_do_not_come_back() {
    nobody_complains(&complaints(|source| {
        let found = OLD_WORDS.iter().filter(|word| has_word(&source.code, word));
        found
            .map(|word| format!("{} says {word}; the glossary of src/lib.rs has a better word", source.place))
            .collect()
    }));
}

#[test]
fn drawing_never_waits() {
    nobody_complains(&complaints(|source| {
        let code = if source.room == "ui" { source.shipped() } else { String::new() };
        let found = WAITING.iter().filter(|word| has_start(&code, word));
        found.map(|word| format!("{} has {word}, which may wait while a frame is drawn", source.place)).collect()
    }));
}

/// Places where code assigns to a field of the session, or borrows one to change it.
fn writes_into_session(code: &str) -> Vec<&str> {
    let lines = code.lines().map(str::trim);
    let assigns = |line: &str| {
        line.match_indices("session.").any(|(at, lead)| {
            let path = line[at + lead.len()..].trim_start_matches(|c: char| c.is_alphanumeric() || "_.".contains(c));
            let path = path.trim_start_matches(')').trim_start();
            path.starts_with('=') && !path.starts_with("==") && !path.starts_with("=>")
        })
    };
    lines.filter(|line| line.contains("&mut self.session.") || assigns(line)).collect()
}

#[test]
fn only_the_session_changes_what_the_window_knows() {
    nobody_complains(&complaints(|source| {
        let code = if source.room == "app" { source.shipped() } else { String::new() };
        let found = writes_into_session(&code);
        found.iter().map(|line| format!("{}: `{line}`; give Session::note an intent", source.place)).collect()
    }));
    assert_eq!(writes_into_session("self.session.open_run.spec = None;\nlet a = &mut self.session.jobs;").len(), 2);
    assert_eq!(writes_into_session("(self.a, self.session.data) = (1, 2);").len(), 1);
    assert!(
        writes_into_session("if self.session.run == run && session.done() {\nmatch session.data { _ => 1 }").is_empty()
    );
}

#[test]
fn colours_stand_in_the_theme_only() {
    nobody_complains(&complaints(|source| {
        if source.place.ends_with("ui/theme.rs") {
            return Vec::new();
        }
        let code = source.shipped();
        let written = COLOURS.iter().filter(|word| code.contains(*word)).map(|word| (*word).to_owned());
        let named = names_after(&code, "Color32::").into_iter().filter(|name| {
            name.len() > 1
                && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
                && !NEUTRAL.contains(&name.as_str())
        });
        written.chain(named).map(|word| format!("{} has {word}; colours live in ui/theme.rs", source.place)).collect()
    }));
}

#[test]
fn nothing_unwraps_outside_tests() {
    nobody_complains(&complaints(|source| {
        let code = source.shipped();
        let lines = code.lines().enumerate().filter(|(_, line)| line.contains(".unwrap()"));
        lines.map(|(i, _)| format!("{}:{} unwraps; say what went wrong instead", source.place, i + 1)).collect()
    }));
}

#[test]
fn every_file_says_first_what_it_is_for_and_is_short() {
    let judge = |source: &Source| {
        let mut found = Vec::new();
        if !source.text.starts_with("//! ") {
            found.push(format!("{} does not open with a //! sentence", source.place));
        }
        let lines = source.text.lines().count();
        if lines > MOST_LINES_OF_A_FILE {
            found.push(format!("{} has {lines} lines, more than {MOST_LINES_OF_A_FILE}", source.place));
        }
        found
    };
    nobody_complains(&Source::all(&["src", "tests"]).iter().flat_map(judge).collect::<Vec<_>>());
}

#[test]
fn every_function_is_short() {
    let judge = |source: &Source| {
        let long = functions(&source.code).into_iter().filter(|f| f.lines > MOST_LINES_OF_A_FUNCTION);
        let say = |f: reader::Function| {
            format!(
                "{}:{} {} has {} lines, more than {MOST_LINES_OF_A_FUNCTION}",
                source.place, f.line, f.name, f.lines
            )
        };
        long.map(say).collect::<Vec<_>>()
    };
    nobody_complains(&Source::all(&["src", "tests"]).iter().flat_map(judge).collect::<Vec<_>>());
}

#[test]
fn a_trespasser_is_caught() {
    let of = |room: &str, code: &str| {
        trespasses(&Source {
            place: format!("src/{room}.rs"),
            room: room.into(),
            siblings: vec!["latent".into()],
            only_tests: false,
            text: String::new(),
            code: code.into(),
        })
    };
    assert!(of("session", "use crate::{engine::protocol::{Event, RunId}, spec::Knob};").is_empty());
    assert_eq!(of("session", "use crate::{engine::{Engine, protocol::Event}};").len(), 1);
    assert_eq!(of("ui", "use crate::models::FAMILIES;").len(), 1);
    assert_eq!(of("data", "let x = super::engine::start();").len(), 1);
    assert!(of("ui", "use super::latent::LatentPanel; use crate::ui::theme;").is_empty());
}
