//! Shows the scores of the open run next to those that real pictures reach.

use super::{
    action::Action,
    panel::{Panel, Region},
    parts, theme,
    widgets::{self, thousands},
};
use crate::{
    desk::{Desk, Tab},
    scores::{Better, MetricCard, Score, ScoreCard, formatted},
    session::{Session, scores::Measuring},
};
use egui::{Button, ComboBox, Grid, Label, RichText, Role, ScrollArea, Ui, WidgetInfo};

/// How many pictures can be chosen to be measured.
const COUNTS: [usize; 5] = [200, 500, 2_000, 5_000, 10_000];
/// Width of the bars that show how far a measure is from its floor.
const BAR: f32 = 72.0;

/// The tab *Scores* of the centre.
#[derive(Default)]
pub struct ScoresPanel {
    /// The earlier card that is looked at, counted from the oldest; `None` follows the newest.
    shown: Option<usize>,
}

impl Panel for ScoresPanel {
    fn title(&self) -> &'static str {
        "Scores"
    }

    fn region(&self) -> Region {
        Region::Centre(Tab::Scores)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        let scores = &session.scores;
        self.shown = self.shown.filter(|i| *i + 1 < scores.cards.len());
        measure_ui(ui, session, desk, ask);
        if let Some(why) = &scores.failed {
            widgets::sentence(ui, theme::of(ui).failed, why);
        }
        ui.add_space(theme::SPACE);
        let at = self.shown.unwrap_or(scores.cards.len().saturating_sub(1));
        let Some(card) = scores.cards.get(at) else {
            let (heading, sentence) = if session.open_run.place.is_some() {
                (
                    "Nothing was measured yet",
                    "Measure draws pictures and holds them against real ones; it takes a minute or so, and training may go on.",
                )
            } else {
                ("Nothing here yet", "Open a run or start one; what is measured of it stands here.")
            };
            return parts::notice(ui, heading.into(), &[sentence], |_| {});
        };
        ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            self.history_ui(ui, &scores.cards, at);
            let before = scores.cards[..at].iter().rfind(|earlier| earlier.fingerprint == card.fingerprint);
            if let Some(other) = stranger(&scores.cards, at) {
                let text = format!(
                    "Step {} was measured through another classifier: its cloud and class scores are not comparable with these.",
                    thousands(other.step)
                );
                widgets::sentence(ui, theme::of(ui).warning, &text);
            }
            table_ui(ui, &session.catalogue.metrics, card, before);
            if at + 1 == scores.cards.len() {
                for note in &scores.notes {
                    widgets::caption(ui, note);
                }
            }
        });
    }
}

impl ScoresPanel {
    /// Earlier cards to look at.
    fn history_ui(&mut self, ui: &mut Ui, cards: &[ScoreCard], at: usize) {
        let now = title(&cards[at]);
        ui.horizontal(|ui| {
            let response = ComboBox::from_id_salt("cards")
                .width(240.0)
                .selected_text(&now)
                .show_ui(ui, |ui| {
                    for (i, card) in cards.iter().enumerate().rev() {
                        if ui.selectable_label(i == at, title(card)).clicked() {
                            self.shown = (i + 1 < cards.len()).then_some(i);
                        }
                    }
                })
                .response;
            response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Measured: {now}")));
            response.on_hover_text("What was measured before");
            ui.label(theme::caption(ui, format!("against {}", short(&cards[at].data))));
        });
    }
}

/// The button with its count; or progress and a way to end it.
fn measure_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    if let Some(measuring) = &session.scores.measuring {
        return busy_ui(ui, measuring, ask);
    }
    let open_run = &session.open_run;
    let why = match (&open_run.place, open_run.status.is_alive() && open_run.checkpoints.is_empty()) {
        (None, _) => Some("Open a run or start one first."),
        (_, true) => Some("The run has no checkpoint yet; save one first."),
        _ => None,
    };
    ui.horizontal(|ui| {
        let button = ui.add_enabled(why.is_none(), Button::new("Measure"));
        let tip = "Draws pictures with the newest checkpoint and takes every measure that fits this run. The first time on labelled data, a small classifier is trained for it.";
        if button.on_hover_text(tip).on_disabled_hover_text(why.unwrap_or_default()).clicked() {
            ask.push(Action::Evaluate);
        }
        let words = |n: usize| format!("{} pictures", thousands(n as u64));
        let response = ComboBox::from_id_salt("count")
            .width(120.0)
            .selected_text(words(desk.score_count))
            .show_ui(ui, |ui| {
                for many in COUNTS {
                    if ui.selectable_label(many == desk.score_count, words(many)).clicked() {
                        ask.push(Action::Set(Box::new(Desk { score_count: many, ..desk.clone() })));
                    }
                }
            })
            .response;
        response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Measure {}", words(desk.score_count))));
        response.on_hover_text("More take longer and tell more surely; compare scores of equal counts only.");
        ui.label(theme::caption(ui, if desk.ema { "averaged weights" } else { "raw weights" }));
    });
}

fn busy_ui(ui: &mut Ui, measuring: &Measuring, ask: &mut Vec<Action>) {
    let Measuring { what, done, total, .. } = measuring;
    ui.horizontal(|ui| {
        widgets::progress(ui, *done as f32 / (*total).max(1) as f32, 160.0, "Measuring");
        if ui.button("Cancel").on_hover_text("End the measuring; nothing is kept of it").clicked() {
            ask.push(Action::CancelEvaluation);
        }
        let far = if *total == 0 {
            String::new()
        } else {
            format!(" {} / {}", thousands(*done as u64), thousands(*total as u64))
        };
        ui.label(theme::figure(format!("{what}{far}")));
    });
}

fn table_ui(ui: &mut Ui, metrics: &[MetricCard], card: &ScoreCard, before: Option<&ScoreCard>) {
    Grid::new("scores").num_columns(7).striped(true).spacing([theme::GROUP, theme::TIGHT]).show(ui, |ui| {
        for name in ["Score", "Value", "Before", "Real pictures", "How near", "Pictures", "Seen through"] {
            ui.label(theme::caption(ui, name));
        }
        ui.end_row();
        for score in &card.scores {
            let known = metrics.iter().find(|metric| metric.id == score.metric);
            row_ui(ui, known, score, before);
            ui.end_row();
        }
    });
}

fn row_ui(ui: &mut Ui, known: Option<&MetricCard>, score: &Score, before: Option<&ScoreCard>) {
    let (name, about) = known.map_or((score.metric.as_str(), ""), |m| (m.title, m.about));
    let better = known.map_or(Better::Near, |m| m.better);
    let tip = format!("{about} {}", words(better));
    let figure = |ui: &mut Ui, text: String| ui.add(Label::new(theme::figure(text)).extend());
    ui.add(Label::new(name).extend()).on_hover_text(&tip);
    ui.add(Label::new(theme::figure(formatted(score.value)).color(theme::of(ui).strong)).extend()).on_hover_text(&tip);
    let earlier = before.and_then(|card| comparable(card, score));
    figure(ui, earlier.map_or_else(|| "–".into(), formatted))
        .on_hover_text("The card before this one, where it can be compared");
    figure(ui, score.floor.map_or_else(|| "–".into(), formatted))
        .on_hover_text("What the measure finds between real pictures alone: no generator gets reliably past it");
    match score.floor.and_then(|floor| nearness(better, score.value, floor)) {
        Some(share) => {
            ui.horizontal(|ui| {
                widgets::progress(ui, share, BAR, &format!("{name}, near real pictures"));
                ui.label(RichText::new(verdict(share)).color(theme::of(ui).weak));
            });
        }
        None => drop(ui.label("–")),
    }
    figure(ui, thousands(score.count as u64));
    let embedding = score.embedding.as_deref().unwrap_or("–");
    ui.add(Label::new(theme::caption(ui, embedding)).extend())
        .on_hover_text("Scores through different embeddings are not comparable");
}

/// The same metric on an earlier card, if it was calculated with the same embedding of as many pictures.
fn comparable(card: &ScoreCard, score: &Score) -> Option<f64> {
    let same = |s: &&Score| s.metric == score.metric && s.embedding == score.embedding && s.count == score.count;
    card.scores.iter().find(same).map(|s| s.value)
}

/// The newest other card that looked through another classifier.
fn stranger(cards: &[ScoreCard], at: usize) -> Option<&ScoreCard> {
    let classifier = |card: &ScoreCard| -> Option<String> {
        card.scores.iter().filter_map(|s| s.embedding.clone()).find(|embedding| embedding.starts_with("classifier:"))
    };
    let ours = classifier(&cards[at])?;
    cards.iter().rfind(|card| classifier(card).is_some_and(|theirs| theirs != ours))
}

/// How near a value is to its floor: 1 at it or past it, 0 far away. `None` where the two cannot be held against each other.
fn nearness(better: Better, value: f64, floor: f64) -> Option<f32> {
    let ratio = |a: f64, b: f64| if b > 0.0 { (a.max(0.0) / b).min(1.0) } else { 1.0 };
    let share = match better {
        Better::Lower => ratio(floor, value),
        Better::Higher => ratio(value, floor),
        Better::Near => ratio(value.min(floor), value.max(floor)),
    };
    share.is_finite().then_some(share as f32)
}

fn verdict(share: f32) -> &'static str {
    match share {
        s if s >= 0.9 => "like real ones",
        s if s >= 0.6 => "near",
        s if s >= 0.25 => "some way off",
        _ => "far off",
    }
}

fn words(better: Better) -> &'static str {
    match better {
        Better::Lower => "Lower is better.",
        Better::Higher => "Higher is better.",
        Better::Near => "Best is near that of real pictures.",
    }
}

fn title(card: &ScoreCard) -> String {
    let weights = if card.weights == "ema" { "averaged" } else { card.weights.as_str() };
    let most = card.scores.iter().map(|s| s.count).max().unwrap_or(0);
    format!("step {}, {weights}, {} pictures", thousands(card.step), thousands(most as u64))
}

fn short(source: &str) -> &str {
    let source = source.trim_end_matches(['/', '\\']);
    source.rsplit(['/', '\\']).next().unwrap_or(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearness_is_one_at_the_floor_and_falls_either_way_where_it_should() {
        let near = |better, value, floor| nearness(better, value, floor).unwrap();
        assert!((near(Better::Lower, 20.0, 5.0) - 0.25).abs() < 1e-6);
        assert!((near(Better::Lower, 4.0, 5.0) - 1.0).abs() < 1e-6, "past it");
        assert!((near(Better::Higher, 0.3, 0.6) - 0.5).abs() < 1e-6);
        assert!((near(Better::Near, 0.3, 0.6) - 0.5).abs() < 1e-6 && (near(Better::Near, 0.6, 0.3) - 0.5).abs() < 1e-6);
        assert!(near(Better::Lower, 0.5, -0.001) < 1e-6, "an unbiased floor may be below 0");
        assert!(nearness(Better::Lower, f64::NAN, 1.0).is_none_or(|s| (0.0..=1.0).contains(&s)));
        assert_eq!([1.0, 0.7, 0.3, 0.1].map(verdict), ["like real ones", "near", "some way off", "far off"]);
    }
}
