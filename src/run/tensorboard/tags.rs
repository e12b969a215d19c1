//! Which group of TensorBoard's page a curve belongs to, by its name.

/// Curves whose group their name does not say.
const GROUPS: [(&str, &[&str]); 3] = [
    ("loss", &["loss", "reconstruction", "kl", "elbo", "adversarial", "l1", "mse", "bce", "penalty", "r1", "pyramid"]),
    ("measure", &["swd", "coverage", "recall", "precision", "density", "variance", "nearest", "frechet", "kernel"]),
    ("train", &["grad", "threads", "fade", "resolution", "beta", "lr"]),
];

/// `loss_g` is `loss/g`, `test_loss` is `test/loss`, `swd` is `measure/swd`; what is not known is `other/…`.
pub fn tag(curve: &str) -> String {
    let split = curve.split_once('_').filter(|(first, rest)| is_group(first) && !rest.is_empty());
    if let Some((first, rest)) = split {
        return format!("{first}/{rest}");
    }
    let group = GROUPS.iter().find(|(_, names)| names.contains(&curve)).map_or("other", |(group, _)| group);
    format!("{group}/{}", if curve == group { "all" } else { curve })
}

fn is_group(word: &str) -> bool {
    ["loss", "grad", "d", "test"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn curves_stand_in_groups() {
        for (curve, wanted) in [
            ("loss_g", "loss/g"),
            ("loss", "loss/all"),
            ("grad_d", "grad/d"),
            ("d_real", "d/real"),
            ("test_loss_g", "test/loss_g"),
            ("test_loss", "test/loss"),
            ("kl", "loss/kl"),
            ("swd", "measure/swd"),
            ("threads", "train/threads"),
            ("mood", "other/mood"),
            ("test_", "other/test_"),
        ] {
            assert_eq!(tag(curve), wanted);
        }
    }
}
