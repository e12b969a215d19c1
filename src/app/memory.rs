//! Keeps past desks for undo, and the settings on disk for next time.

use crate::{
    desk::{Desk, Settings},
    mailbox::{Outbox, mailbox},
};
use crossbeam_channel::{Receiver, bounded};
use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Number of changes that undo goes back.
const DEPTH: usize = 200;
/// Bytes that the canvas pictures of past desks take at most.
const MOST_BYTES: usize = 512 << 20;
/// Time without a change after which settings are written. They are written after twice that time in any case.
const QUIET: Duration = Duration::from_millis(800);
/// Number of recent data sources that are kept.
const RECENT: usize = 10;

/// Past and undone desks.
#[derive(Default)]
pub struct Memory {
    past: VecDeque<Desk>,
    undone: Vec<Desk>,
    /// Whether the pointer has been down, or text has been typed, since the last note: further changes then belong to it.
    held: bool,
}

impl Memory {
    /// Notes the desk as it was before a change. While the pointer is held, only the first of its changes is noted.
    pub fn note(&mut self, before: &Desk, after: &Desk, holding: bool) {
        if with_view_of(before.clone(), after) == *after {
            return;
        }
        self.undone.clear();
        if !(holding && self.held) {
            if self.past.len() >= DEPTH {
                self.past.pop_front();
            }
            self.past.push_back(before.clone());
            while self.past.len() > 1 && self.bytes() > MOST_BYTES {
                self.past.pop_front();
            }
        }
        self.held = holding;
    }

    /// Returns the bytes of the canvas pictures of past desks. Pictures that several desks share count once.
    fn bytes(&self) -> usize {
        let mut seen = HashSet::new();
        let all = self.past.iter().flat_map(|desk| desk.canvas.document.buffers());
        all.filter(|buffer| seen.insert(buffer.as_ptr())).map(<[u8]>::len).sum()
    }

    /// Ends a change that was made while the pointer was held.
    pub fn let_go(&mut self) {
        self.held = false;
    }

    /// Returns the desk before the last change.
    pub fn undo(&mut self, now: &Desk) -> Option<Desk> {
        let before = self.past.pop_back()?;
        self.undone.push(now.clone());
        Some(with_view_of(before, now))
    }

    /// Returns the desk before the last undo.
    pub fn redo(&mut self, now: &Desk) -> Option<Desk> {
        let after = self.undone.pop()?;
        self.past.push_back(now.clone());
        Some(with_view_of(after, now))
    }
}

/// Returns the desk with what is only looked at, and text that is not entered yet, as they are `now`: undo leaves those alone.
fn with_view_of(mut desk: Desk, now: &Desk) -> Desk {
    (desk.tab, desk.tile, desk.history_step) = (now.tab, now.tile, now.history_step);
    (desk.open, desk.source_field) = (now.open.clone(), now.source_field.clone());
    // Undo must not forget the folders of data that a person found.
    let chosen = desk.recipes.chosen.take();
    desk.recipes = crate::desk::Recipes { chosen, ..now.recipes.clone() };
    // Undo changes what lies on the canvas and how its tools are set, not the chosen pen.
    let (document, knobs) = (std::mem::take(&mut desk.canvas.document), std::mem::take(&mut desk.canvas.knobs));
    desk.canvas = crate::desk::Canvas { knobs, document, ..now.canvas.clone() };
    desk
}

/// Writes the settings on a thread of its own, so that a slow disk never delays a frame.
pub struct Keeper {
    /// The settings as they were last written or read.
    settings: Settings,
    changed: Option<(Instant, Instant)>,
    outbox: Option<Outbox<String>>,
    trouble: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Keeps settings in this file; without a path they are not written.
    pub fn new(settings: Settings, path: Option<PathBuf>) -> Self {
        let (outbox, inbox) = mailbox::<String>(1);
        let (tell, trouble) = bounded(1);
        let writer = move |path: PathBuf| {
            while let Ok(text) = inbox.recv() {
                // On the first start the folder is missing; if it cannot be made, writing the file fails and says so.
                path.parent().map(std::fs::create_dir_all);
                if let Err(e) = crate::run::atomic::write(&path, text.as_bytes()) {
                    // The lane holds one sentence; more would say the same.
                    tell.try_send(format!("Your settings could not be kept: {e:#}")).ok();
                }
            }
        };
        let thread =
            path.and_then(|path| std::thread::Builder::new().name("settings".into()).spawn(move || writer(path)).ok());
        let outbox = thread.is_some().then_some(outbox);
        Self { settings, changed: None, outbox, trouble, thread }
    }

    /// Notes the desk if it has changed, and writes it once it has not changed for a moment.
    pub fn keep(&mut self, desk: &Desk, now: Instant) {
        let same = self.settings.desk == *desk;
        match self.changed {
            None if same => return,
            None => self.changed = Some((now, now)),
            Some((first, _)) if !same => self.changed = Some((first, now)),
            Some(_) => {}
        }
        if !same {
            self.settings.desk = desk.clone();
        }
        if self.due().is_some_and(|due| due <= now) {
            self.write();
        }
    }

    /// Returns when to call [`Keeper::keep`] again.
    pub fn due(&self) -> Option<Instant> {
        self.changed.map(|(first, last)| (last + QUIET).min(first + 2 * QUIET))
    }

    /// Puts a source first among the recent ones, and returns them.
    pub fn add_source(&mut self, source: &str, now: Instant) -> Vec<String> {
        let sources = &mut self.settings.sources;
        sources.retain(|s| s != source);
        sources.insert(0, source.to_owned());
        sources.truncate(RECENT);
        self.changed.get_or_insert((now, now));
        sources.clone()
    }

    /// Returns the folder of the last export.
    pub fn export_folder(&self) -> Option<PathBuf> {
        self.settings.export_folder.clone()
    }

    /// Remembers the folder of an export.
    pub fn set_export_folder(&mut self, folder: PathBuf, now: Instant) {
        self.settings.export_folder = Some(folder);
        self.changed.get_or_insert((now, now));
    }

    /// Returns one sentence if settings could not be written.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.try_recv().ok()
    }

    fn write(&mut self) {
        self.changed = None;
        if let (Some(outbox), Ok(text)) = (&self.outbox, toml::to_string(&self.settings)) {
            outbox.post(text);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if self.changed.is_some() {
            self.write();
        }
        // Closing the lane ends the writer once it has written what is in it.
        self.outbox = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Tab;

    fn with_steps(steps: u64) -> Desk {
        Desk { steps, ..Desk::default() }
    }

    #[test]
    fn a_drag_is_undone_at_once_and_redone() {
        let (mut memory, desks) = (Memory::default(), [1, 2, 3, 4].map(with_steps));
        memory.note(&desks[0], &desks[1], false);
        memory.note(&desks[1], &desks[2], true);
        memory.note(&desks[2], &desks[3], true);
        memory.let_go();
        let back = memory.undo(&desks[3]).unwrap();
        assert_eq!(back.steps, 2);
        let back = memory.undo(&back).unwrap();
        assert_eq!((back.steps, memory.undo(&back)), (1, None));
        let forth = memory.redo(&back).unwrap();
        assert_eq!((forth.steps, memory.redo(&forth).unwrap().steps), (2, 4));
    }

    #[test]
    fn looking_elsewhere_is_not_a_change() {
        let (mut memory, desk) = (Memory::default(), with_steps(1));
        let elsewhere = Desk { tab: Tab::Runs, ..desk.clone() };
        memory.note(&desk, &elsewhere, false);
        assert_eq!(memory.undo(&elsewhere), None);
        memory.note(&elsewhere, &Desk { steps: 2, ..elsewhere.clone() }, false);
        let now = Desk { steps: 2, tab: Tab::Data, ..desk };
        let back = memory.undo(&now).unwrap();
        assert_eq!((back.steps, back.tab), (1, Tab::Data), "the open tab stays open");
    }

    #[test]
    fn settings_are_written_after_a_change_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let mut keeper = Keeper::new(Settings::default(), Some(path.clone()));
        let start = Instant::now();
        keeper.keep(&with_steps(7), start);
        assert_eq!(keeper.due(), Some(start + QUIET));
        keeper.add_source("galaxies", start);
        keeper.add_source("glyphs", start);
        keeper.add_source("galaxies", start);
        keeper.keep(&with_steps(7), start + QUIET);
        assert_eq!(keeper.due(), None);
        drop(keeper);
        let settings: Settings = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!((settings.desk, settings.sources), (with_steps(7), vec!["galaxies".into(), "glyphs".into()]));
    }
}
