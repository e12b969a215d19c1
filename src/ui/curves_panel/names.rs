//! Which curve belongs where, and what it is called: families name theirs, this says what the names share.

/// What the plots show, from left to right.
pub const GROUPS: [&str; 5] = [
    "Plot of the losses over the steps",
    "Plot of shares of one over the steps",
    "Plot of the rest over the steps",
    "Plot of the quality over the steps: distance from real pictures, lower is better",
    "Plot of the quality over the steps: coverage, recall, variance and nearest pictures",
];

/// What stands in a plot whose curves say how good the pictures are: its title, and what is better.
pub fn title(group: usize) -> Option<(&'static str, &'static str)> {
    match group {
        3 => Some(("Quality: SWD", "lower is better")),
        4 => Some(("Quality", "as high as the dashes is best")),
        _ => None,
    }
}

/// Curves that say how good the pictures are, measured now and then; the first has a plot of its own, for its numbers are larger.
const QUALITY: [&str; 5] = ["swd", "coverage", "recall", "variance", "nearest"];

/// Words that make a curve a loss.
const LOSSES: [&str; 16] = [
    "loss",
    "reconstruction",
    "kl",
    "elbo",
    "nll",
    "bits",
    "mse",
    "l1",
    "bce",
    "adversarial",
    "penalty",
    "r1",
    "pyramid",
    "perceptual",
    "likelihood",
    "error",
];
/// Words that make a curve a share of one.
const SHARES: [&str; 6] = ["d", "fade", "accuracy", "share", "confidence", "probability"];
/// Names whose place in the legend is fixed; others follow.
const ORDER: [&str; 18] = [
    "loss",
    "loss_g",
    "loss_d",
    "reconstruction",
    "kl",
    "adversarial",
    "l1",
    "penalty",
    "d_real",
    "d_fake",
    "fade",
    "grad_g",
    "grad_d",
    "swd",
    "coverage",
    "recall",
    "variance",
    "nearest",
];

/// The curve on training pictures that belongs to one on held-out pictures.
pub fn twin_of(name: &str) -> Option<&str> {
    name.strip_prefix("test_")
}

/// The curve of quality for which this one says what unseen real pictures reach.
pub fn floor_of(name: &str) -> Option<&str> {
    name.strip_prefix("floor_").filter(|base| QUALITY.contains(base))
}

/// The curve whose switch in the legend shows and hides this one: itself, or the one that it is the floor of.
pub fn switch_of(name: &str) -> &str {
    floor_of(name).unwrap_or(name)
}

/// Whether a curve is drawn in dashes: what was measured on other pictures than its twin.
pub fn is_dashed(name: &str) -> bool {
    twin_of(name).is_some() || floor_of(name).is_some()
}

/// How much of the past is in the bold line; nothing for curves that are measured now and then only.
pub fn smoothing(name: &str, asked: f64) -> f64 {
    if is_dashed(name) || QUALITY.contains(&name) { 0.0 } else { asked }
}

/// Which plot a curve belongs to, by its name; on training and on held-out pictures the same.
pub fn group(name: &str) -> usize {
    match QUALITY.iter().position(|known| *known == switch_of(name)) {
        Some(0) => return 3,
        Some(_) => return 4,
        None => {}
    }
    let mut words = twin_of(name).unwrap_or(name).split('_');
    if words.clone().any(|word| word == "grad") {
        return 2;
    }
    if words.clone().any(|word| LOSSES.contains(&word)) {
        return 0;
    }
    if words.any(|word| SHARES.contains(&word)) { 1 } else { 2 }
}

/// Where a curve stands in the legend: by plot, then by name, the held-out one after its twin.
pub fn place(name: &str) -> (usize, usize, String, bool) {
    let base = twin_of(name).unwrap_or(name);
    let known = ORDER.iter().position(|n| *n == base).unwrap_or(ORDER.len());
    (group(name), known, base.to_owned(), twin_of(name).is_some())
}

/// The name of a curve for people.
pub fn human(name: &str) -> String {
    if let Some(twin) = twin_of(name) {
        return format!("{} held out", human(twin));
    }
    if let Some(base) = floor_of(name) {
        return format!("{} floor", human(base));
    }
    match name {
        "loss" => "Loss".into(),
        "swd" => "SWD".into(),
        "loss_g" => "G loss".into(),
        "loss_d" => "D loss".into(),
        "reconstruction" => "Reconstruction".into(),
        "kl" => "KL".into(),
        "l1" => "L1".into(),
        "r1" => "R1".into(),
        "d_real" => "D(x)".into(),
        "d_fake" => "D(G(z))".into(),
        "grad" => "Gradient".into(),
        "grad_d" => "D gradient".into(),
        "grad_g" => "G gradient".into(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// One sentence about a curve.
pub fn about(name: &str) -> String {
    let sentence = match twin_of(name).unwrap_or(name) {
        "loss" => "What training makes smaller, for each picture.",
        "loss_g" => "How badly the generator fools the discriminator.",
        "loss_d" => "How badly the discriminator tells real from generated.",
        "reconstruction" => "How far the pictures are from their reconstructions.",
        "kl" => "How far the codes are from the bell curve that sliders draw from, in nats.",
        "penalty" => "What steep places of the discriminator cost.",
        "r1" => "How steep the discriminator is at real pictures.",
        "d_real" => "How real the discriminator finds real pictures, 0 to 1.",
        "d_fake" => "How real the discriminator finds generated pictures, 0 to 1.",
        "grad" => "Length of the gradient.",
        "grad_d" => "Length of the discriminator's gradient.",
        "grad_g" => "Length of the generator's gradient.",
        "resolution" => "Side in pixels that is being learned now.",
        "fade" => "How far the newest layers are faded in, 0 to 1.",
        "active_units" => "How many dimensions of the code carry something: more than 0.01 nats.",
        "swd" => {
            "How far generated pictures are from real ones, patch by patch (sliced Wasserstein distance ×1000). Lower is better; the \
             dashes are what unseen real pictures reach."
        }
        "coverage" => {
            "Share of the real pictures with a generated one close by. Higher is better; the dashes are what unseen real pictures \
             reach."
        }
        "recall" => {
            "Share of the real pictures that lie among the generated ones: low when variety is missing. Higher is better; the dashes \
             are what unseen real pictures reach."
        }
        "variance" => {
            "How much generated pictures differ from each other, relative to real ones. Close to 1 is best; towards 0 they are all \
             alike."
        }
        "nearest" => {
            "How far generated pictures are from the nearest one to learn from, relative to unseen real pictures. Close to 1 is best; \
             towards 0 they are copies."
        }
        "threads" => "How many threads trained: fewer while the machine was busy.",
        _ => "A curve of this run.",
    };
    if twin_of(name).is_some() {
        return format!(
            "{sentence} On pictures that training never sees: when it rises alone, the rest is learned by heart."
        );
    }
    sentence.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_plot_and_their_twin() {
        let losses =
            ["loss", "loss_g", "test_loss", "reconstruction", "kl", "test_kl", "adversarial", "gradient_penalty"];
        assert!(losses.iter().all(|name| group(name) == 0), "{losses:?}");
        assert!(["d_real", "d_fake", "test_d_real", "fade", "accuracy"].iter().all(|name| group(name) == 1));
        assert!(["grad_d", "grad_g", "resolution", "threads", "beta", "lr"].iter().all(|name| group(name) == 2));
        let mut legend = ["threads", "test_loss", "d_real", "kl", "loss", "reconstruction"];
        legend.sort_by_key(|name| place(name));
        assert_eq!(legend, ["loss", "test_loss", "reconstruction", "kl", "d_real", "threads"]);
        assert_eq!(
            ["test_loss_g", "loss", "gradient_penalty"].map(human),
            ["G loss held out", "Loss", "Gradient penalty"]
        );
        assert_eq!(
            ["swd", "floor_swd", "coverage", "recall", "variance", "floor_nearest"].map(group),
            [3, 3, 4, 4, 4, 4]
        );
        assert!(["swd", "floor_swd", "test_loss"].iter().all(|name| smoothing(name, 0.9) < 0.1));
        assert!(["loss", "floor"].iter().all(|name| smoothing(name, 0.9) > 0.8 && !is_dashed(name)));
        assert_eq!((switch_of("floor_swd"), switch_of("test_loss"), switch_of("floor")), ("swd", "test_loss", "floor"));
        assert_eq!(["swd", "floor_recall"].map(human), ["SWD", "Recall floor"]);
        assert!(GROUPS.iter().enumerate().skip(3).all(|(g, words)| words.contains("quality") && title(g).is_some()));
        assert!(about("test_loss").contains("never sees") && !about("loss").contains("never sees"));
    }
}
