//! Tests of the preparation of pictures.

use super::*;

pub(in crate::data) fn loaded(pixels: Pixels, labels: Vec<u32>) -> Loaded {
    let spec = spec(pixels.size, pixels.channels, Fit::Crop);
    let classes = labels.iter().max().map_or(0, |&l| l as usize + 1);
    let train = Split { pixels, labels, inputs: None };
    finish(&spec, &DataShape { classes, ..DataShape::default() }, vec![], (train, Split::default()), vec![])
}

pub(in crate::data) fn spec(size: usize, channels: usize, fit: Fit) -> DataSpec {
    DataSpec { source: String::new(), size, channels, fit, background: [200, 0, 0], seed: 1, ..DataSpec::default() }
}

fn prepared(source: Source<'_>, spec: &DataSpec) -> Vec<u8> {
    let mut out = vec![7; spec.size * spec.size * spec.channels];
    Preparer::default().prepare(source, spec, &mut out).unwrap();
    out
}

#[test]
fn what_has_the_form_already_passes_untouched() {
    let grey: Vec<u8> = (0..16).map(|i| i * 13).collect();
    for fit in [Fit::Crop, Fit::Pad, Fit::Stretch] {
        let source = Source { width: 4, height: 4, channels: 1, bytes: &grey };
        assert_eq!(prepared(source, &spec(4, 1, fit)), grey);
        let tripled: Vec<u8> = grey.iter().flat_map(|&v| [v; 3]).collect();
        assert_eq!(prepared(source, &spec(4, 3, fit)), tripled);
        let source = Source { width: 4, height: 4, channels: 3, bytes: &tripled };
        assert_eq!(prepared(source, &spec(4, 3, fit)), tripled);
        assert_eq!(prepared(source, &spec(4, 1, fit)), grey);
    }
}

#[test]
fn a_wide_picture_is_cropped_padded_or_stretched() {
    // Eight across, four down: left quarter 10, middle half 100, right quarter 250.
    let row = [10, 10, 100, 100, 100, 100, 250, 250];
    let source = Source { width: 8, height: 4, channels: 1, bytes: &row.repeat(4) };
    assert_eq!(prepared(source, &spec(4, 1, Fit::Crop)), [100; 16]);
    let padded = prepared(source, &spec(8, 1, Fit::Pad));
    assert_eq!(padded[..16], [luma([200, 0, 0]); 16]);
    assert_eq!(padded[16..24], row);
    assert_eq!(padded[48..], [60; 16]);
    let stretched = prepared(source, &spec(4, 1, Fit::Stretch));
    assert!(stretched[0] < 30 && stretched[1] > 80 && stretched[2] > 80 && stretched[3] > 200, "{stretched:?}");
    let coloured = prepared(source, &spec(8, 3, Fit::Pad));
    assert_eq!(coloured[..3], [200, 0, 0]);
}

#[test]
fn scaling_down_averages_and_extreme_forms_survive() {
    let board: Vec<u8> = (0..64 * 64).map(|i| if (i + i / 64) % 2 == 0 { 0 } else { 255 }).collect();
    let small = prepared(Source { width: 64, height: 64, channels: 1, bytes: &board }, &spec(4, 1, Fit::Crop));
    assert!(small.iter().all(|v| (120..=135).contains(v)), "{small:?}");
    for (width, height) in [(1, 1), (1, 500), (500, 1), (3, 2)] {
        let bytes = vec![80; width * height * 3];
        for fit in [Fit::Crop, Fit::Pad, Fit::Stretch] {
            let out = prepared(Source { width, height, channels: 3, bytes: &bytes }, &spec(32, 3, fit));
            assert!(out.contains(&80), "{width}×{height} {fit:?}");
        }
    }
    let wrong = Source { width: 0, height: 4, channels: 1, bytes: &[] };
    assert!(Preparer::default().prepare(wrong, &spec(4, 1, Fit::Crop), &mut [0; 16]).is_err());
}

#[test]
fn grey_is_rec_601() {
    assert_eq!([luma([255, 0, 0]), luma([0, 255, 0]), luma([0, 0, 255]), luma([255; 3])], [76, 150, 29, 255]);
}

#[test]
fn the_suitable_size_is_below_the_median() {
    for (side, size) in [(28, 28), (16, 32), (30, 32), (63, 32), (64, 64), (127, 64), (128, 128), (4000, 128)] {
        assert_eq!(suitable_size(&[[side, side]; 3]), size, "{side}");
    }
    assert_eq!(suitable_size(&[[28, 28], [28, 30]]), 32);
    assert_eq!(suitable_size(&[[300, 70], [10, 10], [64, 500]]), 64);
    assert_eq!(suitable_size(&[]), 32);
}

#[test]
fn the_common_aspect_is_that_of_most() {
    assert_eq!(median_sides(&[[300, 200], [600, 400], [20, 20]]), Some([300, 200]));
    assert_eq!(median_sides(&[[30, 20], [20, 30], [30, 20], [20, 30]]), None, "as many upright as lying ones");
    assert_eq!((median_sides(&[]), median_sides(&[[28, 28]; 3]), median_sides(&[[5, 0]])), (None, None, Some([5, 0])));
}

#[test]
fn filters_differ_as_their_names_say() {
    let board: Vec<u8> = (0..16).map(|i| if (i + i / 4) % 2 == 0 { 0 } else { 200 }).collect();
    let source = Source { width: 4, height: 4, channels: 1, bytes: &board };
    let with = |filter, size| {
        let adjust = crate::spec::Adjust { filter, ..Default::default() };
        prepared(source, &DataSpec { adjust, ..spec(size, 1, Fit::Crop) })
    };
    assert_eq!(with(Filter::Area, 2), [100; 4]);
    assert!(with(Filter::Nearest, 2).iter().all(|v| [0, 200].contains(v)));
    assert_eq!(with(Filter::Nearest, 8)[..4], [0, 0, 200, 200]);
    assert_eq!(with(Filter::Auto, 2), with(Filter::Lanczos3, 2));
    assert_eq!(with(Filter::Auto, 8), with(Filter::CatmullRom, 8));
    assert_ne!(with(Filter::Bilinear, 8), with(Filter::Auto, 8));
}

#[test]
fn too_much_for_the_memory_is_refused_with_the_figure() {
    let spec = spec(128, 3, Fit::Crop);
    let sentence = afford_within(1_000_000, &spec, 0, Some(16_000_000_000)).unwrap_err().to_string();
    assert!(sentence.contains("49.2 GB") && sentence.contains("16.0 GB"), "{sentence}");
    assert!(afford_within(1_000_000, &spec, 0, None).is_ok());
    assert!(afford_within(1000, &spec, 0, Some(16_000_000_000)).is_ok());
    assert!(afford_within(1000, &spec, 15_000_000_000, Some(16_000_000_000)).is_err());
    assert!(afford_within(usize::MAX, &spec, u64::MAX, Some(u64::MAX)).is_err());
}

#[test]
fn sizes_and_channels_out_of_range_are_refused() {
    for (size, channels) in [(0, 1), (3, 1), (513, 3), (32, 0), (32, 2), (32, 4)] {
        assert!(check(&spec(size, channels, Fit::Crop)).is_err());
    }
}
