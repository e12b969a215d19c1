//! Changes the light and colours of one picture: balance, levels, gamma, brightness, contrast, saturation, in this order.

use crate::spec::{Adjust, Balance};

/// The share of values that levels give up at each end.
const CLIPPED: f64 = 0.005;

/// What becomes of each value of each channel, in [0, 1] but for what brightness and contrast push outside.
type Curves = Vec<[f32; 256]>;

/// Adjusts a picture of `channels` values a pixel (1 or 3). A neutral adjustment changes nothing; each value is rounded once, at the end.
pub fn adjust(bytes: &mut [u8], channels: usize, how: &Adjust) {
    // A grey picture has no colours to change.
    let how = &if channels == 1 { Adjust { balance: Balance::None, saturation: 1.0, ..*how } } else { *how };
    if how.is_neutral() || bytes.is_empty() {
        return;
    }
    let curves = curves(bytes, channels, how);
    let saturation = how.saturation as f32;
    for pixel in bytes.chunks_exact_mut(channels) {
        let mut values = [0f32; 3];
        for (c, value) in pixel.iter().enumerate() {
            values[c] = curves[c][usize::from(*value)];
        }
        if channels == 3 && (saturation - 1.0).abs() > f32::EPSILON {
            let grey = 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2];
            values = values.map(|v| grey + saturation * (v - grey));
        }
        pixel.iter_mut().zip(values).for_each(|(to, v)| *to = (v.clamp(0.0, 1.0) * 255.0).round() as u8);
    }
}

/// All that treats each value by itself, as one table a channel.
fn curves(bytes: &[u8], channels: usize, how: &Adjust) -> Curves {
    let gains = match how.balance {
        Balance::GreyWorld => grey_world(bytes, channels),
        Balance::None => vec![1.0; channels],
    };
    let [dark, bright] = if how.levels { ends(bytes, &gains) } else { [0.0, 255.0] };
    let of = |gain: f64, v: usize| {
        let balanced = (gain * v as f64).min(255.0);
        let level = ((balanced - dark) / (bright - dark)).clamp(0.0, 1.0);
        let lifted = if (how.gamma - 1.0).abs() < 1e-9 { level } else { level.powf(1.0 / how.gamma) };
        ((lifted + how.brightness - 0.5) * how.contrast + 0.5) as f32
    };
    gains.iter().map(|&gain| std::array::from_fn(|v| of(gain, v))).collect()
}

/// What each channel is multiplied with so that all have the mean they have together. A channel that is black stays so.
fn grey_world(bytes: &[u8], channels: usize) -> Vec<f64> {
    let mut sums = vec![0u64; channels];
    for pixel in bytes.chunks_exact(channels) {
        sums.iter_mut().zip(pixel).for_each(|(sum, &v)| *sum += u64::from(v));
    }
    let common = sums.iter().sum::<u64>() as f64 / channels as f64;
    sums.iter().map(|&sum| if sum == 0 { 1.0 } else { common / sum as f64 }).collect()
}

/// The values that become black and white: beyond them lies half a percent of all values each. All channels share them, so that the
/// colours keep their tint. A picture of one value stays as it is.
fn ends(bytes: &[u8], gains: &[f64]) -> [f64; 2] {
    let mut counts = [0u64; 256];
    for pixel in bytes.chunks_exact(gains.len()) {
        for (&v, gain) in pixel.iter().zip(gains) {
            counts[(f64::from(v) * gain).round().min(255.0) as usize] += 1;
        }
    }
    let spare = (bytes.len() as f64 * CLIPPED) as u64;
    let mut seen = [0; 2];
    let mut beyond = |end: usize, v: &usize| {
        seen[end] += counts[*v];
        seen[end] > spare
    };
    let dark = (0..256).find(|v| beyond(0, v)).unwrap_or(0);
    let bright = (0..256).rev().find(|v| beyond(1, v)).unwrap_or(255);
    if dark < bright { [dark as f64, bright as f64] } else { [0.0, 255.0] }
}

/// Mean and standard deviation of each channel over pictures, in the units of the bytes: 0 to 255.
pub fn moments(pixels: &crate::picture::Pixels) -> Vec<[f64; 2]> {
    let channels = pixels.channels.max(1);
    let mut sums = vec![[0u64; 2]; channels];
    for pixel in pixels.bytes.chunks_exact(channels) {
        for (sum, &v) in sums.iter_mut().zip(pixel) {
            sum[0] += u64::from(v);
            sum[1] += u64::from(v) * u64::from(v);
        }
    }
    let count = (pixels.bytes.len() / channels).max(1) as f64;
    let of = |[sum, squares]: [u64; 2]| {
        let mean = sum as f64 / count;
        [mean, (squares as f64 / count - mean * mean).max(0.0).sqrt()]
    };
    sums.into_iter().map(of).collect()
}

/// Repeats a grey value, or keeps the colours: what a picture for people is made of.
pub(super) fn rgb(bytes: &[u8], channels: usize) -> Vec<u8> {
    if channels == 3 { bytes.to_vec() } else { bytes.iter().flat_map(|&v| [v; 3]).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Pixels;

    fn grey_after(value: u8, how: Adjust) -> u8 {
        let mut bytes = [value];
        adjust(&mut bytes, 1, &how);
        bytes[0]
    }

    fn colour_after(mut bytes: [u8; 3], how: Adjust) -> [u8; 3] {
        adjust(&mut bytes, 3, &how);
        bytes
    }

    #[test]
    fn each_control_does_what_can_be_computed_by_hand() {
        let usual = Adjust::default();
        // 255 · (128/255)^(1/2) = 180.67; 255 · (128/255)^2 = 64.25.
        assert_eq!(grey_after(128, Adjust { gamma: 2.0, ..usual }), 181);
        assert_eq!(grey_after(128, Adjust { gamma: 0.5, ..usual }), 64);
        // 0.2 of 255 is 51.
        assert_eq!([0, 100, 230].map(|v| grey_after(v, Adjust { brightness: 0.2, ..usual })), [51, 151, 255]);
        assert_eq!([0, 100].map(|v| grey_after(v, Adjust { brightness: -0.2, ..usual })), [0, 49]);
        // About 127.5: 100 is 27.5 below, twice as far is 72.5.
        assert_eq!([100, 155, 0].map(|v| grey_after(v, Adjust { contrast: 2.0, ..usual })), [73, 183, 0]);
        assert_eq!([0, 255].map(|v| grey_after(v, Adjust { contrast: 0.0, ..usual })), [128, 128]);
        // Grey of (255, 0, 0) is 76.245; half way to it is 165.6 and 38.1.
        assert_eq!(colour_after([255, 0, 0], Adjust { saturation: 0.0, ..usual }), [76; 3]);
        assert_eq!(colour_after([255, 0, 0], Adjust { saturation: 0.5, ..usual }), [166, 38, 38]);
        assert_eq!(colour_after([9, 9, 9], Adjust { saturation: 4.0, ..usual }), [9; 3], "grey has no colour");
    }

    #[test]
    fn a_constant_tint_becomes_grey() {
        let how = Adjust { balance: Balance::GreyWorld, ..Adjust::default() };
        assert_eq!(colour_after([200, 100, 60], how), [120; 3]);
        assert_eq!(colour_after([0, 100, 200], how), [0, 100, 100], "black stays black");
        // Means 60, 30, 30 become 40 each: gains 2/3, 4/3, 4/3.
        let mut two = [90, 30, 0, 30, 30, 60];
        adjust(&mut two, 3, &how);
        assert_eq!(two, [60, 40, 0, 20, 40, 80]);
        assert_eq!(grey_after(77, how), 77);
    }

    #[test]
    fn levels_spread_two_values_to_black_and_white_and_forgive_half_a_percent() {
        let how = Adjust { levels: true, ..Adjust::default() };
        let mut bytes = [100, 150, 100, 150];
        adjust(&mut bytes, 1, &how);
        assert_eq!(bytes, [0, 255, 0, 255]);
        // One of 400 values may be lost at each end, two may.
        let mut many = [vec![0, 1], vec![50; 198], vec![100; 199], vec![255]].concat();
        adjust(&mut many, 1, &how);
        assert_eq!((many[0], many[1], many[2], many[300], many[399]), (0, 0, 0, 255, 255));
        let mut flat = [70; 9];
        adjust(&mut flat, 1, &how);
        assert_eq!(flat, [70; 9]);
        // Both channels' values count together: the tint stays.
        assert_eq!(colour_after([50, 75, 100], how), [0, 128, 255]);
    }

    #[test]
    fn the_order_is_balance_levels_gamma_brightness_contrast_saturation() {
        // Levels first: 0 and 1; gamma 2 leaves them; plus 0.1; about a half times 0.5 gives 0.3 and 0.8.
        let how = Adjust { levels: true, gamma: 2.0, brightness: 0.1, contrast: 0.5, ..Adjust::default() };
        let mut bytes = [100, 150];
        adjust(&mut bytes, 1, &how);
        assert_eq!(bytes, [77, 204]);
        let mut untouched: Vec<u8> = (0..=255).collect();
        adjust(&mut untouched, 1, &Adjust::default());
        assert!(untouched.iter().enumerate().all(|(i, &v)| i == usize::from(v)));
    }

    #[test]
    fn moments_are_those_of_each_channel() {
        let pixels = Pixels { count: 2, size: 1, channels: 3, bytes: vec![10, 0, 5, 30, 0, 5] };
        assert_eq!(moments(&pixels), [[20.0, 10.0], [0.0, 0.0], [5.0, 0.0]]);
        assert_eq!(moments(&Pixels::new(4, 1)), [[0.0, 0.0]]);
    }
}
