//! How networks of this program are laid out as `PyTorch` modules: which tensors a `state_dict` has, and how to read sizes off one.
//!
//! `dcgan` is the tutorial's pair of `nn.Sequential`s called `main`, without biases; `mlp-vae` the example's five linear layers `fc1 fc21
//! fc22 fc3 fc4`; `vae` the modules that `tests/references/state_dicts.py` writes out. Tensors have the same names and shapes on both
//! sides. What a norm counts (`num_batches_tracked`) exists only there, a running KL only here.

use super::{Array, Arrays};
use crate::spec::{Knobs, Value};
use std::collections::BTreeMap;

/// Families whose networks have a counterpart.
pub const FAMILIES: &[&str] = &["dcgan", "mlp-vae", "vae"];

/// What a norm's running mean is called, and its counter.
const MEAN: &str = "running_mean";
const COUNTER: &str = "num_batches_tracked";

/// A module's `state_dict`: 32-bit floats, and 64-bit counters of norms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateDict {
    /// Weights and running statistics by name.
    pub floats: Arrays,
    /// Single whole numbers by name.
    pub counts: BTreeMap<String, i64>,
}

/// Shapes by name.
pub type Shapes = BTreeMap<String, Vec<usize>>;

/// The modules of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The generator, or the only network.
    pub generator: Shapes,
    /// The discriminator, where there is one and it has a counterpart.
    pub discriminator: Option<Shapes>,
    /// Tensors of the generator that only this program has; they begin at 0.
    pub private: Shapes,
}

/// Numbers that the covariances of all components of a fitted mixture may have together, and the most components.
const ROOM: (usize, usize) = (51_200, 100);

/// How many components a mixture has that is fitted to codes of this length: 100 up to 22 numbers, 12 at 64, one Gaussian from 161 on.
pub fn components(width: usize) -> usize {
    (ROOM.0 / (width * width).max(1)).clamp(1, ROOM.1)
}

/// The sums from which a mixture is fitted to codes of this length; zeros say that nothing was fitted yet.
fn mixture(name: &str, width: usize) -> Shapes {
    let k = components(width);
    let parts =
        [("batches", vec![1]), ("share", vec![k]), ("first", vec![k, width]), ("second", vec![k, width, width])];
    parts.into_iter().map(|(part, shape)| (format!("{name}.{part}"), shape)).collect()
}

/// The modules that a model of these knobs corresponds to; one sentence where there are none.
pub fn layout(family: &str, knobs: &Knobs) -> Result<Layout, String> {
    // Each family has some of them.
    let int = |id: &str| knobs.get_int(id).unwrap_or(0);
    let sizes = Sizes {
        size: int("size"),
        channels: int("channels"),
        z_dim: int("z_dim"),
        width: int("width"),
        hidden: int("hidden"),
    };
    match family {
        "dcgan" => {
            let text = |id: &str| knobs.get_text(id);
            let textbook = text("upsampling") != Some("resize") && text("blocks") != Some("residual");
            if !textbook || int("attention") > 0 {
                return Err(
                    "PyTorch's tutorial network has transposed upsampling, plain blocks and no self-attention; \
                            other DCGANs have no counterpart there."
                        .into(),
                );
            }
            if int("components") > 1 {
                return Err(
                    "PyTorch's tutorial network draws from a single Gaussian; this one's latent has several.".into()
                );
            }
            let spectral = knobs.get_flag("spectral_norm") == Some(true);
            let judged = !spectral && knobs.get_real("gradient_penalty").unwrap_or(0.0) <= 0.0;
            let discriminator = judged.then(|| sizes.discriminator());
            Ok(Layout { generator: sizes.generator(), discriminator, private: Shapes::new() })
        }
        "mlp-vae" => {
            let mut private = mixture("codes", sizes.z_dim);
            private.insert("kl".into(), vec![sizes.z_dim]);
            Ok(Layout { generator: sizes.mlp_vae(), discriminator: None, private })
        }
        "vae" => {
            let mut private = mixture("codes", sizes.z_dim);
            private.extend([("kl.sum".into(), vec![sizes.z_dim]), ("kl.weight".into(), vec![1])]);
            Ok(Layout { generator: sizes.vae(), discriminator: None, private })
        }
        _ => Err(format!("Only {} have counterparts in PyTorch whose weights fit.", FAMILIES.join(", "))),
    }
}

/// The family that a `state_dict` belongs to and the knobs that its shapes tell: `size channels z_dim width hidden`.
pub fn infer(floats: &Arrays) -> Result<(&'static str, Knobs), String> {
    let (family, sizes) = if floats.contains_key("fc21.weight") {
        ("mlp-vae", infer_mlp_vae(floats)?)
    } else if floats.contains_key("encoder.conv1.weight") {
        ("vae", infer_vae(floats)?)
    } else if floats.contains_key("main.0.weight") {
        ("dcgan", infer_dcgan(floats)?)
    } else {
        return Err(format!("its tensors are those of none of the networks that are read: {}", FAMILIES.join(", ")));
    };
    let mut knobs = Knobs::default();
    for (id, value) in [("z_dim", sizes.z_dim), ("width", sizes.width), ("hidden", sizes.hidden)] {
        if value > 0 {
            knobs.put(id, Value::Int(value as i64));
        }
    }
    knobs.put("size", Value::Text(sizes.size.to_string()));
    knobs.put("channels", Value::Text(sizes.channels.to_string()));
    Ok((family, knobs))
}

/// Checks that a `state_dict` holds these tensors and no others; if not, half a sentence that says which.
pub fn check(dict: &StateDict, shapes: &Shapes) -> Result<(), String> {
    for (name, shape) in shapes {
        match dict.floats.get(name) {
            None => return Err(format!("it lacks {name}")),
            Some(array) if array.shape != *shape => {
                return Err(format!("its {name} has the shape {:?} where {shape:?} is needed", array.shape));
            }
            Some(array) if array.data.iter().any(|n| !n.is_finite()) => {
                return Err(format!("its {name} holds numbers that are not finite"));
            }
            Some(_) => {}
        }
    }
    let counters = counters(shapes);
    let strangers = dict.floats.keys().filter(|name| !shapes.contains_key(*name));
    let mut strangers = strangers.chain(dict.counts.keys().filter(|name| !counters.contains(name)));
    strangers.next().map_or(Ok(()), |name| Err(format!("it holds {name}, for which the network has no place")))
}

/// The `state_dict` of some arrays: the tensors of `shapes`, and for each norm what `count` says of its counter's name. `None` where
/// a tensor is missing.
pub fn state_dict(arrays: &Arrays, shapes: &Shapes, count: impl Fn(&str) -> i64) -> Option<StateDict> {
    let floats = shapes.keys().map(|name| Some((name.clone(), arrays.get(name)?.clone()))).collect::<Option<_>>()?;
    let counts = counters(shapes).into_iter().map(|name| (name.clone(), count(&name))).collect();
    Some(StateDict { floats, counts })
}

/// The arrays of this program that belong to a `state_dict`: its own, and zeros for what only this program has.
pub fn arrays(floats: Arrays, private: &Shapes) -> Arrays {
    let mut all = floats;
    for (name, shape) in private {
        let count = shape.iter().product();
        all.insert(name.clone(), Array { shape: shape.clone(), data: vec![0.0; count] });
    }
    all
}

/// Names of the norms' counters.
fn counters(shapes: &Shapes) -> Vec<String> {
    let norm = |name: &String| Some(format!("{}{COUNTER}", name.strip_suffix(MEAN)?));
    shapes.keys().filter_map(norm).collect()
}

/// Side of a DCGAN's first map, and filters of each doubling as multiples of the width.
fn doublings(size: usize) -> (usize, &'static [usize]) {
    match size {
        28 => (7, &[4, 2]),
        32 => (4, &[4, 2, 1]),
        64 => (4, &[8, 4, 2, 1]),
        _ => (4, &[16, 8, 4, 2, 1]),
    }
}

/// Windows of the convolutional autoencoder, from the picture down to 4×4.
fn windows(size: usize) -> &'static [usize] {
    match size {
        28 => &[4, 4, 3],
        32 => &[4; 3],
        64 => &[4; 4],
        _ => &[4; 5],
    }
}

/// What a network's shapes follow from; 0 where it has no such size.
#[derive(Clone, Copy, Debug, Default)]
struct Sizes {
    size: usize,
    channels: usize,
    z_dim: usize,
    width: usize,
    hidden: usize,
}

impl Sizes {
    fn generator(self) -> Shapes {
        let (first, levels) = doublings(self.size);
        let widths: Vec<usize> = levels.iter().map(|l| l * self.width).collect();
        let mut all = Shapes::new();
        let mut inputs = self.z_dim;
        for (i, &outputs) in widths.iter().chain([&self.channels]).enumerate() {
            let side = if i == 0 { first } else { 4 };
            all.insert(format!("main.{}.weight", 3 * i), vec![inputs, outputs, side, side]);
            if i < widths.len() {
                norm(&mut all, 3 * i + 1, outputs);
            }
            inputs = outputs;
        }
        all
    }

    fn discriminator(self) -> Shapes {
        let (first, levels) = doublings(self.size);
        let mut all = Shapes::new();
        let mut inputs = self.channels;
        for (i, level) in levels.iter().rev().enumerate() {
            let (outputs, module) = (level * self.width, if i == 0 { 0 } else { 3 * i - 1 });
            all.insert(format!("main.{module}.weight"), vec![outputs, inputs, 4, 4]);
            if i > 0 {
                norm(&mut all, module + 1, outputs);
            }
            inputs = outputs;
        }
        all.insert(format!("main.{}.weight", 3 * levels.len() - 1), vec![1, inputs, first, first]);
        all
    }

    fn mlp_vae(self) -> Shapes {
        let (pixels, mut all) = (self.size * self.size * self.channels, Shapes::new());
        for (name, inputs, outputs) in [
            ("fc1", pixels, self.hidden),
            ("fc21", self.hidden, self.z_dim),
            ("fc22", self.hidden, self.z_dim),
            ("fc3", self.z_dim, self.hidden),
            ("fc4", self.hidden, pixels),
        ] {
            biased(&mut all, name, vec![outputs, inputs], outputs);
        }
        all
    }

    fn vae(self) -> Shapes {
        let (windows, width, hidden) = (windows(self.size), self.width, self.hidden);
        let mut all = Shapes::new();
        for (i, &side) in windows.iter().enumerate() {
            let inputs = if i == 0 { self.channels } else { width };
            biased(&mut all, &format!("encoder.conv{}", i + 1), vec![width, inputs, side, side], width);
        }
        for (name, inputs, outputs) in [
            ("encoder.fc1", 16 * width, hidden),
            ("encoder.fc2", hidden, hidden),
            ("encoder.mean", hidden, self.z_dim),
            ("encoder.log_var", hidden, self.z_dim),
            ("decoder.fc1", self.z_dim, hidden),
            ("decoder.fc2", hidden, hidden),
            ("decoder.fc3", hidden, 16 * width),
        ] {
            biased(&mut all, name, vec![outputs, inputs], outputs);
        }
        for (i, &side) in windows.iter().rev().enumerate() {
            let outputs = if i + 1 == windows.len() { self.channels } else { width };
            biased(&mut all, &format!("decoder.conv{}", i + 1), vec![width, outputs, side, side], outputs);
        }
        all
    }
}

fn norm(all: &mut Shapes, module: usize, channels: usize) {
    for part in ["weight", "bias", MEAN, "running_var"] {
        all.insert(format!("main.{module}.{part}"), vec![channels]);
    }
}

fn biased(all: &mut Shapes, name: &str, weight: Vec<usize>, outputs: usize) {
    all.insert(format!("{name}.weight"), weight);
    all.insert(format!("{name}.bias"), vec![outputs]);
}

/// One side of a tensor's shape, 0 where there is none.
fn side(floats: &Arrays, name: &str, axis: usize) -> usize {
    floats.get(name).and_then(|a| a.shape.get(axis)).copied().unwrap_or(0)
}

fn infer_dcgan(floats: &Arrays) -> Result<Sizes, String> {
    if floats.contains_key("main.2.weight") && side(floats, "main.3.weight", 3) == 0 {
        return Err("it is a discriminator; choose the generator's file".into());
    }
    let weight = |i: usize| format!("main.{}.weight", 3 * i);
    let layers = (0..8).take_while(|&i| side(floats, &weight(i), 3) > 0).count();
    let size = match (layers, side(floats, &weight(0), 3)) {
        (3, 7) => 28,
        (4, 4) => 32,
        (5, 4) => 64,
        (6, 4) => 128,
        (layers, first) => {
            return Err(format!(
                "its {layers} transposed convolutions, the first {first}×{first}, draw pictures of no size that is trained here: 28, 32, 64, 128"
            ));
        }
    };
    let width = side(floats, &weight(0), 1) / doublings(size).1[0];
    let channels = side(floats, &weight(layers - 1), 1);
    Ok(Sizes { size, channels, z_dim: side(floats, &weight(0), 0), width, hidden: 0 })
}

fn infer_mlp_vae(floats: &Arrays) -> Result<Sizes, String> {
    let pixels = side(floats, "fc1.weight", 1);
    let all = [28, 32, 64, 128].into_iter().flat_map(|size| [1, 3].map(|channels| (size, channels)));
    let Some((size, channels)) = all.into_iter().find(|(size, channels)| size * size * channels == pixels) else {
        return Err(format!("its pictures have {pixels} numbers, which is no size that is trained here"));
    };
    let (hidden, z_dim) = (side(floats, "fc1.weight", 0), side(floats, "fc21.weight", 0));
    Ok(Sizes { size, channels, z_dim, width: 0, hidden })
}

fn infer_vae(floats: &Arrays) -> Result<Sizes, String> {
    let conv = |i: usize| format!("encoder.conv{}.weight", i + 1);
    let found: Vec<usize> = (0..6).map(|i| side(floats, &conv(i), 3)).take_while(|&side| side > 0).collect();
    let Some(size) = [28, 32, 64, 128].into_iter().find(|&size| windows(size) == found) else {
        return Err("its convolutions are those of no size that is trained here: 28, 32, 64, 128".into());
    };
    Ok(Sizes {
        size,
        channels: side(floats, &conv(0), 1),
        z_dim: side(floats, "encoder.mean.weight", 0),
        width: side(floats, &conv(0), 0),
        hidden: side(floats, "encoder.fc1.weight", 0),
    })
}

#[cfg(test)]
#[path = "pytorch_tests.rs"]
mod tests;
