//! Non-local means and CLAHE beside scikit-image 0.26; the numbers are those of `tests/references/enhancement.py`.

use super::tests::made;
use super::*;

/// The reference script's picture: a slope, a disc and noise; the first two pixels are black and white.
fn picture() -> Picture {
    let mut rgb = Vec::new();
    for i in 0..64 * 64_u64 {
        let (x, y) = ((i % 64) as f64, (i / 64) as f64);
        let byte = |k: u64| (((i + k * 4096 + 1) * 2_654_435_761 % (1 << 32)) >> 16 & 15) as f64;
        let disc = if (x - 40.0).powi(2) + (y - 24.0).powi(2) < 300.0 { 60.0 } else { 0.0 };
        let value = 60.0 + x + disc + (0..4).map(byte).sum::<f64>() - 30.0;
        rgb.extend([value.clamp(0.0, 255.0) as u8; 3]);
    }
    rgb[..6].copy_from_slice(&[0, 0, 0, 255, 255, 255]);
    assert_eq!(rgb.iter().map(|&v| u64::from(v)).sum::<u64>(), 3 * 431_896, "the picture is the script's");
    Picture { width: 64, height: 64, rgb: rgb.into() }
}

/// Mean and greatest distance of a picture to the reference's values at (4 + 8i, 4 + 8j).
fn apart(picture: &Picture, wanted: &[[f32; 8]; 8]) -> (f32, f32) {
    let (mut sum, mut most) = (0.0, 0.0_f32);
    for (i, row) in wanted.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            let off = (f32::from(picture.row(4 + 8 * i)[3 * (4 + 8 * j)]) - value).abs();
            (sum, most) = (sum + off / 64.0, most.max(off));
        }
    }
    (sum, most)
}

#[test]
fn non_local_means_are_those_of_scikit_image() {
    let set = ["sigma=9.2", "strength=0.8", "patch=2", "search=8"];
    let (mean, most) = apart(&made(&DENOISE, &picture(), &set), &NON_LOCAL_MEANS);
    // Ours are rounded to bytes, 0.25 off on average; theirs leave small weights out, which tells where few places look alike.
    assert!(mean < 0.4 && most < 6.0, "{mean} {most}");
}

#[test]
fn local_contrast_is_that_of_scikit_image() {
    let made = made(&CLAHE, &picture(), &["limit=40", "tiles=4"]);
    let (mut width, mut moved, mut outside) = (0.0, 0.0, 0.0);
    for i in 0..64 {
        let (x, y) = (4 + 8 * (i % 8), 4 + 8 * (i / 8));
        let [found, before] = [&made, &picture()].map(|p| f32::from(p.row(y)[3 * x]));
        let (least, most) = (LOCAL_CONTRAST_LEAST[i / 8][i % 8], LOCAL_CONTRAST_MOST[i / 8][i % 8]);
        width += (most - least).abs() / 64.0;
        moved += (found - before).abs() / 64.0;
        outside += (found - found.clamp(least.min(most), most.max(least))).abs() / 64.0;
    }
    // A level's own share of the histogram counts in part here, there all of it or nothing; the tiles' centres lie half a pixel apart, which
    // tells where neighbouring curves differ most.
    assert!(outside < 1.6, "{outside} levels off on average");
    assert!(width < 7.0 && moved > 20.0, "the bounds are {width} apart, the picture moved by {moved}");
}

const NON_LOCAL_MEANS: [[f32; 8]; 8] = [
    [65.1, 71.7, 79.8, 87.1, 95.6, 104.8, 113.0, 118.4],
    [65.3, 72.0, 78.5, 148.2, 156.6, 163.3, 175.1, 118.9],
    [65.3, 71.8, 76.7, 150.8, 156.1, 163.8, 168.7, 120.6],
    [65.4, 72.0, 76.7, 150.6, 156.2, 163.7, 168.6, 120.3],
    [65.1, 72.1, 78.5, 139.6, 156.6, 163.1, 168.9, 119.1],
    [65.1, 72.0, 79.7, 87.0, 95.9, 104.6, 113.0, 118.6],
    [65.0, 72.1, 79.8, 88.0, 96.1, 104.0, 112.2, 118.2],
    [65.0, 72.0, 79.9, 88.0, 96.1, 103.9, 112.1, 118.2],
];

const LOCAL_CONTRAST_MOST: [[f32; 8]; 8] = [
    [91.0, 115.0, 89.8, 100.2, 139.8, 51.2, 40.2, 73.0],
    [49.0, 219.3, 88.8, 181.6, 135.9, 242.7, 250.1, 58.0],
    [25.0, 66.9, 159.5, 211.6, 87.6, 94.5, 230.9, 108.0],
    [186.8, 66.7, 44.6, 188.9, 177.6, 212.2, 143.2, 85.2],
    [139.8, 179.8, 156.4, 169.8, 170.6, 205.6, 231.8, 123.5],
    [128.5, 145.8, 128.1, 133.6, 92.8, 76.5, 57.2, 113.2],
    [90.8, 144.2, 119.5, 105.1, 85.2, 195.0, 80.2, 118.5],
    [50.0, 107.0, 231.0, 106.5, 81.5, 68.0, 201.0, 243.0],
];

const LOCAL_CONTRAST_LEAST: [[f32; 8]; 8] = [
    [79.0, 105.9, 82.7, 90.2, 136.9, 46.7, 37.0, 62.0],
    [40.2, 215.8, 82.1, 181.0, 134.3, 241.3, 248.8, 49.7],
    [20.0, 58.7, 157.0, 206.5, 84.1, 88.7, 227.5, 104.2],
    [175.4, 58.7, 39.4, 184.5, 170.2, 206.5, 139.6, 79.5],
    [128.9, 173.3, 149.7, 170.0, 164.3, 200.9, 229.1, 115.2],
    [115.9, 136.5, 119.4, 127.9, 89.1, 71.4, 51.8, 102.4],
    [79.7, 137.1, 110.1, 95.8, 77.1, 191.2, 74.4, 108.2],
    [41.0, 97.0, 225.9, 96.7, 76.5, 59.2, 194.4, 237.9],
];
