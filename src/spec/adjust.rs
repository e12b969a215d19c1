//! What is done to the light and colours of each picture before training, and how it is scaled.

use super::Knobs;
use serde::{Deserialize, Serialize};

/// How pictures are scaled, then adjusted. The order is fixed: filter, colour balance, levels, gamma, brightness, contrast, saturation.
/// The usual one changes no byte of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adjust {
    /// How pixels are averaged when a picture is scaled.
    pub filter: Filter,
    /// How a cast of colour is taken out.
    pub balance: Balance,
    /// The darkest and brightest half percent of each picture become black and white.
    pub levels: bool,
    /// Brightness v in [0, 1] becomes v^(1/gamma): above 1 lifts the shadows, 0.2 to 5.
    pub gamma: f64,
    /// Added to every value, as a share of the whole range, −1 to 1.
    pub brightness: f64,
    /// Distance from middle grey, times this, 0 to 4.
    pub contrast: f64,
    /// Distance from the pixel's own grey, times this, 0 to 4.
    pub saturation: f64,
}

impl Default for Adjust {
    fn default() -> Self {
        Self {
            filter: Filter::Auto,
            balance: Balance::None,
            levels: false,
            gamma: 1.0,
            brightness: 0.0,
            contrast: 1.0,
            saturation: 1.0,
        }
    }
}

impl Adjust {
    /// What the knobs `filter balance levels gamma brightness contrast saturation` say; those that are absent are as usual.
    pub fn from_knobs(knobs: &Knobs) -> Self {
        let usual = Self::default();
        let real = |id: &str, usual: f64| knobs.get_real(id).unwrap_or(usual);
        Self {
            filter: Filter::from_word(knobs.get_text("filter").unwrap_or("")),
            balance: if knobs.get_text("balance") == Some("grey-world") { Balance::GreyWorld } else { Balance::None },
            levels: knobs.get_flag("levels") == Some(true),
            gamma: real("gamma", usual.gamma),
            brightness: real("brightness", usual.brightness),
            contrast: real("contrast", usual.contrast),
            saturation: real("saturation", usual.saturation),
        }
    }

    /// Whether everything is as usual: such a spec is not written down at all, as before there was one.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Whether no pixel changes, however pictures are scaled.
    pub fn is_neutral(&self) -> bool {
        Self { filter: Filter::Auto, ..*self }.is_usual()
    }
}

/// How pixels are averaged when a picture is scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Lanczos to make smaller, Catmull-Rom to make larger.
    #[default]
    Auto,
    /// The nearest pixel: hard squares, right for pixel art.
    Nearest,
    /// The plain average of the area that becomes a pixel.
    Area,
    /// A tent: soft, never overshoots.
    Bilinear,
    /// A cubic: sharp, overshoots a little.
    CatmullRom,
    /// Three lobes of a sinc: the sharpest, overshoots at hard edges.
    Lanczos3,
}

impl Filter {
    /// All of them by name.
    pub const ALL: [(&'static str, Self); 6] = [
        ("auto", Self::Auto),
        ("nearest", Self::Nearest),
        ("area", Self::Area),
        ("bilinear", Self::Bilinear),
        ("catmull-rom", Self::CatmullRom),
        ("lanczos3", Self::Lanczos3),
    ];

    /// Reads a name; anything else is `auto`.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.iter().find(|(name, _)| *name == word).map_or(Self::Auto, |(_, filter)| *filter)
    }
}

/// How a cast of colour is taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// Not at all.
    #[default]
    None,
    /// Each channel is scaled so that the picture's mean is grey.
    GreyWorld,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{DataSpec, Value};

    #[test]
    fn old_files_open_and_usual_ones_stay_as_they_were() {
        let old = "source = \"glyphs\"\nsize = 28\nchannels = 1\nfit = \"crop\"\nbackground = [0, 0, 0]\nseed = 1\n";
        let spec: DataSpec = toml::from_str(old).unwrap();
        assert!(spec.adjust.is_usual() && spec.adjust.is_neutral());
        assert_eq!(toml::to_string(&spec).unwrap(), old, "nothing new is written");
        let adjust =
            Adjust { gamma: 2.2, filter: Filter::CatmullRom, balance: Balance::GreyWorld, ..Adjust::default() };
        let spec = DataSpec { adjust, ..spec };
        let text = toml::to_string(&spec).unwrap();
        assert!(text.contains("[adjust]") && text.contains("grey_world"), "{text}");
        assert_eq!(toml::from_str::<DataSpec>(&text).unwrap(), spec);
        assert!(toml::from_str::<DataSpec>(&format!("{old}[adjust]\nglow = 1\n")).is_err());
    }

    #[test]
    fn knobs_say_it_and_absent_ones_are_usual() {
        assert_eq!(Adjust::from_knobs(&Knobs::default()), Adjust::default());
        let mut knobs = Knobs::default();
        knobs.put("contrast", Value::Real(0.0));
        knobs.put("filter", Value::Text("lanczos3".into()));
        knobs.put("levels", Value::Flag(true));
        let adjust = Adjust::from_knobs(&knobs);
        assert_eq!((adjust.contrast, adjust.gamma, adjust.levels), (0.0, 1.0, true));
        assert_eq!(adjust.filter, Filter::Lanczos3);
        assert!(!adjust.is_neutral());
        assert!(Adjust { filter: Filter::Area, ..Adjust::default() }.is_neutral());
    }
}
