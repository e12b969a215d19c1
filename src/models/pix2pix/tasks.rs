//! Tasks that compute an input from a picture, so that any data can train a translation from one to the other.

use crate::{
    latent,
    nn::{Device, Kind, Tensor},
};

/// The input that is computed from a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Outlines, dark on light.
    Edges,
    /// The picture without its colours.
    Grey,
    /// The left half; the right one is missing.
    Half,
    /// A quarter of the size, enlarged again.
    Small,
    /// Out of focus.
    Blurred,
    /// A block somewhere is missing.
    Masked,
    /// The data have input pictures of their own; none are computed.
    Paired,
}

/// The value of missing pixels: middle grey, exactly a byte.
const HOLE: f64 = 128.0 * 2.0 / 255.0 - 1.0;
/// Downsampling factor of a small input.
const SHRINK: i64 = 4;
/// Slopes below this are never an outline: a sixteenth of the steepest that a picture in [−1, 1] can have.
const FLATTEST: f64 = 0.5;
/// Random stream of the missing blocks' positions.
const STREAM: u64 = 0x4d41_534b;

impl Task {
    /// All of them by name.
    pub const ALL: [(&'static str, Self); 7] = [
        ("edges", Self::Edges),
        ("grey", Self::Grey),
        ("half", Self::Half),
        ("small", Self::Small),
        ("blurred", Self::Blurred),
        ("masked", Self::Masked),
        ("paired", Self::Paired),
    ];

    /// Reads a name; unknown ones are outlines.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.iter().find(|(name, _)| *name == word).map_or(Self::Edges, |(_, task)| *task)
    }

    /// Channels of the inputs of pictures with `channels` channels.
    pub fn channels(self, channels: i64) -> i64 {
        if matches!(self, Self::Edges | Self::Grey) { 1 } else { channels }
    }

    /// The input of each picture: N×C×S×S in [−1, 1] → N×[`Task::channels`]×S×S, 32-bit, on the same device. A function of the
    /// picture and, for missing blocks, its `index` alone, so that a picture has the same input whenever it comes.
    pub fn inputs(self, pictures: &Tensor, index: &[u32]) -> Tensor {
        let x = pictures.to_kind(Kind::Float);
        let size = x.size()[3];
        match self {
            Self::Edges => edges(&grey(&x)),
            Self::Grey => grey(&x),
            Self::Half => {
                let half = size / 2;
                Tensor::cat(&[x.narrow(3, 0, half), x.narrow(3, half, size - half).full_like(HOLE)], 3)
            }
            Self::Small => x
                .avg_pool2d([SHRINK, SHRINK], [SHRINK, SHRINK], [0, 0], false, true, None::<i64>)
                .upsample_nearest2d([size, size], None, None),
            Self::Blurred => blurred(&x, size as f64 / 16.0),
            Self::Masked => {
                let missing = blocks(index, size, x.device());
                &x * (1.0 - &missing) + missing * HOLE
            }
            Self::Paired => x,
        }
    }
}

/// One channel after Rec. 601, N×C×H×W → N×1×H×W.
pub fn grey(x: &Tensor) -> Tensor {
    if x.size()[1] == 1 {
        return x.shallow_clone();
    }
    let weights = Tensor::from_slice(&[0.299f32, 0.587, 0.114]).view([1, 3, 1, 1]).to_device(x.device());
    (x * weights).sum_dim_intlist([1i64].as_slice(), true, Kind::Float)
}

/// Outlines after Sobel: −1 where the slope stands out from the rest of its picture, 1 elsewhere.
fn edges(grey: &Tensor) -> Tensor {
    let across = Tensor::from_slice(&[-1.0f32, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0]).view([1, 1, 3, 3]);
    let kernels = Tensor::cat(&[&across, &across.transpose(2, 3)], 0).to_device(grey.device());
    let slopes = grey.replication_pad2d([1, 1, 1, 1]).conv2d(&kernels, None::<&Tensor>, 1, 0, 1, 1);
    let steep = slopes.square().sum_dim_intlist([1i64].as_slice(), true, Kind::Float).sqrt();
    let whole: &[i64] = &[1, 2, 3];
    let usual = steep.mean_dim(whole, true, Kind::Float) + steep.std_dim(whole, false, true);
    let outline = steep.ge_tensor(&usual.clamp_min(FLATTEST)).to_kind(Kind::Float);
    1.0 - outline * 2.0
}

/// Convolved with a Gaussian of this standard deviation in pixels; the border goes on outside.
fn blurred(x: &Tensor, sigma: f64) -> Tensor {
    let reach = (2.0 * sigma).ceil() as i64;
    let bell: Vec<f32> = (-reach..=reach).map(|i| (-(i * i) as f64 / (2.0 * sigma * sigma)).exp() as f32).collect();
    let bell = Tensor::from_slice(&bell).to_device(x.device());
    let bell = &bell / bell.sum(Kind::Float);
    let (channels, side) = (x.size()[1], 2 * reach + 1);
    let [along, down] = [[1, 1, 1, side], [1, 1, side, 1]].map(|shape| bell.view(shape).repeat([channels, 1, 1, 1]));
    let padded = x.replication_pad2d([reach, reach, reach, reach]);
    padded.conv2d(&along, None::<&Tensor>, 1, 0, 1, channels).conv2d(&down, None::<&Tensor>, 1, 0, 1, channels)
}

/// N×1×S×S with 1 in a block of a quarter to half of the side, placed by each picture's number, and 0 elsewhere.
fn blocks(index: &[u32], size: i64, device: Device) -> Tensor {
    let edge = size as usize;
    let mut plane = vec![0f32; index.len() * edge * edge];
    for (plane, &number) in plane.chunks_exact_mut(edge * edge).zip(index) {
        let mut rng = latent::rng(latent::mix(&[STREAM, u64::from(number)]), 0);
        let [wide, tall] = [0; 2].map(|_: i32| edge / 4 + latent::below(&mut rng, edge / 4 + 1));
        let (left, top) = (latent::below(&mut rng, edge - wide + 1), latent::below(&mut rng, edge - tall + 1));
        for row in plane.chunks_exact_mut(edge).skip(top).take(tall) {
            row[left..left + wide].fill(1.0);
        }
    }
    Tensor::from_slice(&plane).view([index.len() as i64, 1, size, size]).to_device(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One 8×8 picture: the left half −1, the right half 1 in every channel.
    fn halves(channels: i64) -> Tensor {
        let row = [-1.0f32, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0];
        Tensor::from_slice(&row).view([1, 1, 1, 8]).repeat([1, channels, 8, 1])
    }

    fn row(x: &Tensor, y: i64) -> Vec<f32> {
        Vec::try_from(x.get(0).get(0).get(y)).unwrap()
    }

    #[test]
    fn every_input_is_what_its_name_says() {
        let made = |task: Task| task.inputs(&halves(3), &[5]);
        let hole = HOLE as f32;
        for y in 0..8 {
            assert_eq!(row(&made(Task::Edges), y), [1.0, 1.0, 1.0, -1.0, -1.0, 1.0, 1.0, 1.0], "two dark columns");
            assert_eq!(row(&made(Task::Half), y), [-1.0, -1.0, -1.0, -1.0, hole, hole, hole, hole]);
            assert_eq!(row(&made(Task::Small), y), row(&halves(3), y), "blocks of four stay");
        }
        let red = Tensor::cat(&[Tensor::ones([1, 1, 8, 8], (Kind::Float, Device::Cpu)), halves(2)], 1);
        let grey: Vec<f32> = row(&Task::Grey.inputs(&red, &[0]), 3);
        assert!((grey[0] - (0.299 - 0.587 - 0.114)).abs() < 1e-6 && (grey[7] - 1.0).abs() < 1e-6, "{grey:?}");
        let soft = row(&made(Task::Blurred), 4);
        assert!(soft.is_sorted() && soft[3] < -0.2 && soft[4] > 0.2 && soft[3] > -0.99, "{soft:?}");
        assert!((soft[3] + soft[4]).abs() < 1e-6, "the same on both sides");
        assert_eq!(made(Task::Paired), halves(3));
    }

    #[test]
    fn a_flat_picture_has_no_outlines() {
        let flat = Tensor::full([1, 1, 8, 8], 0.3, (Kind::Float, Device::Cpu));
        assert_eq!(Task::Edges.inputs(&flat, &[0]), Tensor::ones([1, 1, 8, 8], (Kind::Float, Device::Cpu)));
    }

    #[test]
    fn a_missing_block_belongs_to_its_pictures_number() {
        let two = Tensor::zeros([3, 1, 32, 32], (Kind::Float, Device::Cpu));
        let made = Task::Masked.inputs(&two, &[4, 9, 4]);
        assert_eq!(made.get(0), made.get(2));
        assert!(made.get(0) != made.get(1));
        for i in 0..3 {
            let missing = f64::try_from(made.get(i).gt(0.0).sum(Kind::Float)).unwrap();
            assert!((64.0..=256.0).contains(&missing), "{missing} pixels");
        }
    }

    #[test]
    fn inputs_do_not_depend_on_their_company_and_keep_their_size() {
        crate::nn::seed_global(2);
        for (name, task) in Task::ALL {
            assert_eq!(Task::from_word(name), task);
            for channels in [1, 3] {
                for size in [28, 32] {
                    let x = Tensor::rand([3, channels, size, size], (Kind::Float, Device::Cpu)) * 2.0 - 1.0;
                    let all = task.inputs(&x, &[7, 8, 9]);
                    assert_eq!(all.size(), [3, task.channels(channels), size, size], "{name}");
                    let alone = task.inputs(&x.narrow(0, 1, 1), &[8]);
                    let apart = f64::try_from((all.narrow(0, 1, 1) - alone).abs().max()).unwrap();
                    assert!(apart < 1e-6, "{name}: {apart}");
                    assert!(f64::try_from(all.abs().max()).unwrap() <= 1.0 + 1e-6, "{name} stays in range");
                }
            }
        }
    }
}
