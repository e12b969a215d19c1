//! Which curve belongs where, and what it is called: families name theirs, this says what the names share.

/// What the plots show, from left to right.
pub const GROUPS: [&str; 3] =
    ["Plot of the losses over the steps", "Plot of shares of one over the steps", "Plot of the rest over the steps"];

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
const ORDER: [&str; 13] = [
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
];

/// The curve on training pictures that belongs to one on held-out pictures.
pub fn twin_of(name: &str) -> Option<&str> {
    name.strip_prefix("test_")
}

/// Which plot a curve belongs to, by its name; on training and on held-out pictures the same.
pub fn group(name: &str) -> usize {
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
    match name {
        "loss" => "Loss".into(),
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
        assert!(about("test_loss").contains("never sees") && !about("loss").contains("never sees"));
    }
}
