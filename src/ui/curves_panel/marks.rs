//! Numbers of the plots: values beside the legend, marks of the axes.

use super::super::widgets::thousands;

/// A value in seven characters at most.
pub fn brief(value: f64) -> String {
    match value.abs() {
        v if !v.is_finite() => "none".into(),
        v if v != 0.0 && !(1e-3..1e4).contains(&v) => format!("{value:.1e}"),
        v if v < 100.0 => format!("{value:.3}"),
        _ => format!("{value:.1}"),
    }
}

/// A mark of the axis without needless zeros.
pub fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A step of the axis: `900`, `12k`, `1.5M`.
pub fn short(step: f64) -> String {
    match step {
        s if s >= 1e6 => format!("{}M", trimmed(s / 1e6)),
        s if s >= 1e4 => format!("{}k", trimmed(s / 1e3)),
        s => thousands(s.round() as u64),
    }
}

/// The lines of the log axis: powers of ten, and 2 and 5 times them while few decades are in view.
pub fn decades(input: &egui_plot::GridInput) -> Vec<egui_plot::GridMark> {
    let (low, high) = input.bounds;
    let minor: &[f64] = if high - low < 3.0 { &[2.0, 5.0] } else { &[] };
    let all = (low.floor().max(-300.0) as i32)..=(high.ceil().min(300.0) as i32);
    all.flat_map(|decade| {
        let at =
            move |value: f64, step_size| egui_plot::GridMark { value: f64::from(decade) + value.log10(), step_size };
        std::iter::once(at(1.0, 1.0)).chain(minor.iter().map(move |m| at(*m, 0.3)))
    })
    .filter(|mark| (low..=high).contains(&mark.value))
    .collect()
}

/// A mark of the log axis: 10 to the power of where it stands.
pub fn power(exponent: f64) -> String {
    let value = 10f64.powf(exponent);
    if (-3.0..=4.0).contains(&exponent) {
        let digits = (1.0 - exponent).ceil().max(0.0) as usize;
        trimmed(format!("{value:.digits$}").parse().unwrap_or(value))
    } else {
        format!("{value:.0e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_their_place() {
        assert_eq!(
            [0.0, 0.6543, -12.3456, 512.0, 1e-5, 1e6].map(brief),
            ["0.000", "0.654", "-12.346", "512.0", "1.0e-5", "1.0e6"]
        );
        assert_eq!([0.0, 0.5, 2.0, 0.25].map(trimmed), ["0", "0.5", "2", "0.25"]);
        assert_eq!([-2.0, 0.0, 2.0, -5.0].map(power), ["0.01", "1", "100", "1e-5"]);
        assert_eq!([900.0, 9_000.0, 12_000.0, 1.5e6].map(short), ["900", "9,000", "12k", "1.5M"]);
        let marks: Vec<_> = decades(&egui_plot::GridInput { bounds: (-0.5, 1.0), base_step_size: 0.1 })
            .into_iter()
            .map(|m| power(m.value))
            .collect();
        assert_eq!(marks, ["0.5", "1", "2", "5", "10"]);
    }
}
