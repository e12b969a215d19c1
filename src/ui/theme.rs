//! The only colours, sizes and text styles of the window, for light and dark.

// Everywhere else clippy refuses literal colours; here is where they belong.
#![allow(clippy::disallowed_methods)]

use crate::{canvas::Layer, desk::Theme};
use egui::{
    Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, Style, TextStyle, ThemePreference, Visuals,
    style::ScrollStyle, vec2,
};

/// Inside a group: 4.
pub const TIGHT: f32 = 4.0;
/// Between things: 8.
pub const SPACE: f32 = 8.0;
/// Around groups: 16.
pub const GROUP: f32 = 16.0;
/// Height of a row that holds a control.
pub const ROW: f32 = 24.0;
/// Width of the left column when the window is first opened.
pub const LEFT: f32 = 288.0;
/// Width of the right column.
pub const RIGHT: f32 = 300.0;
/// Below this width of the window the right column becomes a tab.
pub const NARROW: f32 = 1100.0;
/// Width that a typed number gets.
pub const NUMBER: f32 = 64.0;

/// The colours of one theme: neutral greys, one accent, four meanings.
#[derive(Debug, PartialEq, Eq)]
pub struct Palette {
    /// Behind controls.
    pub panel: Color32,
    /// Behind text that is typed, and the far end of the plot.
    pub field: Color32,
    /// A button at rest, the rail of a slider.
    pub control: Color32,
    /// A button under the pointer.
    pub hovered: Color32,
    /// Lines between panels.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Headings and what matters most.
    pub strong: Color32,
    /// Captions; still at least 4.5:1.
    pub weak: Color32,
    /// What can be acted on now: the primary button, focus, the open tab.
    pub accent: Color32,
    /// Text on [`Palette::accent`].
    pub on_accent: Color32,
    /// Selected text, the filled part of a slider.
    pub selected: Color32,
    /// Text on [`Palette::selected`].
    pub on_selected: Color32,
    /// Training, and things that went well.
    pub running: Color32,
    /// Waiting.
    pub paused: Color32,
    /// Something was lost or left out.
    pub warning: Color32,
    /// Something broke.
    pub failed: Color32,
    /// Behind pictures, so that they read true.
    pub backdrop: Color32,
    /// Text on [`Palette::backdrop`].
    pub on_backdrop: Color32,
    curves: [Color32; 8],
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const DARK: Palette = Palette {
    panel: rgb(0x1b_1b1c),
    field: rgb(0x11_1112),
    control: rgb(0x30_3032),
    hovered: rgb(0x3c_3c3f),
    line: rgb(0x36_3638),
    text: rgb(0xd2_d2d4),
    strong: rgb(0xf4_f4f5),
    weak: rgb(0x9e_9ea2),
    accent: rgb(0x6a_a6ff),
    on_accent: rgb(0x0b_0f18),
    selected: rgb(0x2f_5fae),
    on_selected: rgb(0xf2_f6ff),
    running: rgb(0x4c_c38a),
    paused: rgb(0xb8_a2e8),
    warning: rgb(0xf0_b429),
    failed: rgb(0xff_8078),
    backdrop: rgb(0x0b_0b0c),
    on_backdrop: rgb(0xb4_b4b8),
    // After Okabe & Ito (2008), lightened for a dark ground.
    curves: [
        rgb(0x56_b4e9),
        rgb(0xe6_9f00),
        rgb(0x2b_c79a),
        rgb(0xe0_8cbf),
        rgb(0xf0_e442),
        rgb(0xff_7f45),
        rgb(0x8f_a8ff),
        rgb(0xc9_c9cc),
    ],
};

const LIGHT: Palette = Palette {
    panel: rgb(0xf7_f7f6),
    field: rgb(0xff_ffff),
    control: rgb(0xe6_e6e4),
    hovered: rgb(0xda_dad8),
    line: rgb(0xd3_d3d0),
    text: rgb(0x2c_2c2e),
    strong: rgb(0x0f_0f10),
    weak: rgb(0x62_6266),
    accent: rgb(0x1f_5fd0),
    on_accent: rgb(0xff_ffff),
    selected: rgb(0x8f_b4f5),
    on_selected: rgb(0x08_1a3a),
    running: rgb(0x11_713f),
    paused: rgb(0x64_47ad),
    warning: rgb(0x86_5700),
    failed: rgb(0xb3_261e),
    backdrop: rgb(0x26_2628),
    on_backdrop: rgb(0xcf_cfd2),
    // After Okabe & Ito (2008), darkened for a light ground.
    curves: [
        rgb(0x00_72b2),
        rgb(0xa8_6200),
        rgb(0x00_7d5b),
        rgb(0xa9_4a86),
        rgb(0x7d_7400),
        rgb(0xc4_4d00),
        rgb(0x4a_55c8),
        rgb(0x5a_5a5e),
    ],
};

/// Behind what is transparent, in both themes alike, so that a cut-out reads the same.
pub const CHEQUERS: [Color32; 2] = [rgb(0x9a_9a9c), rgb(0xc4_c4c6)];

/// A pixel of a picture: red, green, blue and opacity as they are stored.
pub fn pixel([r, g, b, a]: [u8; 4]) -> Color32 {
    Color32::from_rgba_unmultiplied(r, g, b, a)
}

/// What a value of a layer looks like over the picture; nothing where the layer is blank.
pub fn layer_colour(layer: Layer, value: u8) -> Color32 {
    match (layer, value) {
        (Layer::Mask, 245..) => Color32::from_rgba_unmultiplied(0xff, 0x3d, 0x9a, 0x90),
        // The unknown band of a trimap.
        (Layer::Mask, 11..) => Color32::from_rgba_unmultiplied(0xff, 0xd2, 0x3d, 0x80),
        (Layer::Scribbles, 245..) => Color32::from_rgba_unmultiplied(0x3d, 0xe0, 0x8c, 0x90),
        (Layer::Scribbles, 0..=10) => Color32::from_rgba_unmultiplied(0xff, 0x5a, 0x4f, 0x90),
        _ => Color32::TRANSPARENT,
    }
}

/// The colours in use here.
pub fn of(ui: &egui::Ui) -> &'static Palette {
    palette(ui.visuals())
}

/// The colours that belong to these visuals.
pub fn palette(visuals: &Visuals) -> &'static Palette {
    if visuals.dark_mode { &DARK } else { &LIGHT }
}

/// Names whose colour is fixed. Those that one family draws together differ.
const KNOWN: [(&str, usize); 23] = [
    ("loss_d", 0),
    ("loss_g", 1),
    ("d_real", 2),
    ("d_fake", 3),
    ("grad_d", 4),
    ("grad_g", 5),
    ("grad", 5),
    ("loss", 1),
    ("reconstruction", 0),
    ("kl", 2),
    ("adversarial", 3),
    ("l1", 6),
    ("fade", 4),
    ("resolution", 6),
    ("penalty", 6),
    ("r1", 5),
    ("beta", 3),
    ("threads", 7),
    ("swd", 0),
    ("coverage", 2),
    ("recall", 3),
    ("variance", 6),
    ("nearest", 1),
];

/// The colour of a curve: the same for the same name in every run, for its held-out twin and its floor. Colour-blind-safe, at least 3:1
/// against the plot.
pub fn curve_colour(visuals: &Visuals, name: &str) -> Color32 {
    let base = name.strip_prefix("test_").or(name.strip_prefix("floor_"));
    palette(visuals).curves[curve_index(base.unwrap_or(name))]
}

/// The colour of a run among those that are compared, by its place; after eight they begin again.
pub fn run_colour(visuals: &Visuals, place: usize) -> Color32 {
    let colours = &palette(visuals).curves;
    colours[place % colours.len()]
}

fn curve_index(name: &str) -> usize {
    KNOWN.iter().find(|(known, _)| *known == name).map_or_else(
        || {
            // FNV-1a: the same on every machine and in every version, unlike the standard hasher.
            let hash = name.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
            hash as usize % DARK.curves.len()
        },
        |(_, colour)| *colour,
    )
}

/// The largest text, 20.
pub fn title() -> TextStyle {
    TextStyle::Name("title".into())
}

/// A number in figures of equal width, so that it does not dance.
pub fn figure(text: impl Into<String>) -> egui::RichText {
    egui::RichText::new(text).text_style(TextStyle::Monospace)
}

/// A caption: small and quiet.
pub fn caption(ui: &egui::Ui, text: impl Into<String>) -> egui::RichText {
    egui::RichText::new(text).text_style(TextStyle::Small).color(of(ui).weak)
}

/// Sets text styles, spacing and colours for both themes. Once, at the start.
pub fn install(ctx: &egui::Context) {
    ctx.set_style_of(egui::Theme::Dark, style(Visuals::dark(), &DARK));
    ctx.set_style_of(egui::Theme::Light, style(Visuals::light(), &LIGHT));
}

/// Shows the theme that a person chose.
pub fn apply(ctx: &egui::Context, theme: Theme) {
    ctx.set_theme(match theme {
        Theme::System => ThemePreference::System,
        Theme::Light => ThemePreference::Light,
        Theme::Dark => ThemePreference::Dark,
    });
}

fn style(visuals: Visuals, palette: &Palette) -> Style {
    let mut style = Style { visuals: colours(visuals, palette), animation_time: 0.1, ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, 12.0, FontFamily::Proportional),
        (TextStyle::Body, 14.0, FontFamily::Proportional),
        (TextStyle::Button, 14.0, FontFamily::Proportional),
        (TextStyle::Heading, 16.0, FontFamily::Proportional),
        (title(), 20.0, FontFamily::Proportional),
        // Hack runs larger than Ubuntu at the same size.
        (TextStyle::Monospace, 12.0, FontFamily::Monospace),
    ]
    .map(|(name, size, family)| (name, FontId::new(size, family)))
    .into();
    style.drag_value_text_style = TextStyle::Monospace;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(SPACE, TIGHT);
    spacing.button_padding = vec2(SPACE, TIGHT);
    spacing.interact_size = vec2(40.0, ROW);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(8);
    spacing.slider_rail_height = TIGHT;
    spacing.indent = GROUP;
    spacing.combo_height = 320.0;
    spacing.tooltip_width = 320.0;
    spacing.scroll = ScrollStyle::thin();
    style.interaction.selectable_labels = false;
    style
}

fn colours(mut visuals: Visuals, palette: &Palette) -> Visuals {
    let radius = CornerRadius::same(4);
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(4);
    visuals.extreme_bg_color = palette.field;
    visuals.faint_bg_color = palette.control.gamma_multiply(0.4);
    visuals.code_bg_color = palette.control;
    visuals.weak_text_color = Some(palette.weak);
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warning;
    visuals.error_fg_color = palette.failed;
    visuals.selection.bg_fill = palette.selected;
    visuals.selection.stroke = Stroke::new(1.0, palette.on_selected);
    visuals.text_cursor.stroke = Stroke::new(2.0, palette.accent);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    let widgets = &mut visuals.widgets;
    for state in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        (state.corner_radius, state.expansion) = (radius, 0.0);
        (state.weak_bg_fill, state.bg_fill, state.bg_stroke) = (palette.control, palette.control, Stroke::NONE);
        state.fg_stroke = Stroke::new(1.0, palette.text);
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line);
    (widgets.noninteractive.bg_fill, widgets.noninteractive.weak_bg_fill) = (palette.panel, palette.panel);
    for state in [&mut widgets.hovered, &mut widgets.open] {
        (state.weak_bg_fill, state.bg_fill) = (palette.hovered, palette.hovered);
        state.fg_stroke = Stroke::new(1.0, palette.strong);
    }
    widgets.hovered.bg_stroke = Stroke::new(1.0, palette.line);
    // Pressed, and what the keyboard is at.
    (widgets.active.weak_bg_fill, widgets.active.bg_fill) = (palette.hovered, palette.hovered);
    widgets.active.fg_stroke = Stroke::new(1.0, palette.strong);
    widgets.active.bg_stroke = Stroke::new(1.5, palette.accent);
    visuals
}

/// Height that gives egui's sliders a handle of 14 points: 18.
pub const HANDLE: f32 = 18.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as WCAG 2 defines them.
    fn luminance(colour: Color32) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn the_measure_of_contrast_is_right() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-9);
        assert!((contrast(rgb(0x77_7777), Color32::WHITE) - 4.478).abs() < 1e-2);
    }

    #[test]
    fn every_text_can_be_read() {
        for p in [&DARK, &LIGHT] {
            for (text, ground) in [
                (p.text, p.panel),
                (p.text, p.field),
                (p.text, p.control),
                (p.strong, p.hovered),
                (p.weak, p.panel),
                (p.weak, p.field),
                (p.accent, p.panel),
                (p.on_accent, p.accent),
                (p.on_selected, p.selected),
                (p.running, p.panel),
                (p.paused, p.panel),
                (p.warning, p.panel),
                (p.failed, p.panel),
                (p.on_backdrop, p.backdrop),
            ] {
                assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}: {}", contrast(text, ground));
            }
            for colour in p.curves {
                assert!(contrast(colour, p.field) >= 3.0 && contrast(colour, p.panel) >= 3.0, "{colour:?}");
            }
        }
    }

    #[test]
    fn a_curve_keeps_its_colour_and_known_ones_differ() {
        for together in [
            &["loss_d", "loss_g", "d_real", "d_fake", "grad_d", "grad_g"][..],
            &["loss", "reconstruction", "kl", "beta"],
            &["loss_g", "loss_d", "adversarial", "l1"],
            &["loss_g", "loss_d", "resolution", "fade", "r1"],
        ] {
            for (i, a) in together.iter().enumerate() {
                assert!(together[..i].iter().all(|b| curve_index(a) != curve_index(b)), "{a}");
                let (dark, light) = (curve_colour(&Visuals::dark(), a), curve_colour(&Visuals::light(), a));
                assert_ne!(dark, light);
                assert_eq!(dark, curve_colour(&Visuals::dark(), &format!("test_{a}")), "its held-out twin");
            }
        }
        assert_eq!(curve_index("anything else"), curve_index("anything else"));
    }
}
