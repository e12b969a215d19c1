//! The Laplacian pyramid: a picture as what each size adds to the next smaller one (Burt & Adelson 1983).

use tch::{Kind, Tensor};

/// Pictures this small are not taken apart further.
const SMALLEST: i64 = 4;

/// The levels of N×C×H×W pictures, finest first; the last is what is left. Blurred by the binomial 1 4 6 4 1 in each direction,
/// borders repeated. All 32-bit.
pub fn laplacian(pictures: &Tensor) -> Vec<Tensor> {
    let mut rest = pictures.to_kind(Kind::Float);
    let row = Tensor::from_slice(&[1f32, 4.0, 6.0, 4.0, 1.0]).to_device(rest.device()) / 16.0;
    let blur = row.outer(&row).view([1, 1, 5, 5]);
    let mut levels = Vec::new();
    while let Ok((n, c, h, w)) = rest.size4() {
        if h.min(w) <= SMALLEST {
            break;
        }
        let padded = rest.reshape([n * c, 1, h, w]).replication_pad2d([2, 2, 2, 2]);
        let small = padded.conv2d(&blur, None::<&Tensor>, 2, 0, 1, 1);
        let (small_h, small_w) = ((h + 1) / 2, (w + 1) / 2);
        let small = small.view([n, c, small_h, small_w]);
        levels.push(&rest - small.upsample_bilinear2d([h, w], false, None, None));
        rest = small;
    }
    levels.push(rest);
    levels
}

/// Distance of two tensors of one shape as Σ 4ʲ·‖Lʲ‖₁ over the levels of their difference (Bojanowski et al. 2018), divided by how
/// many numbers the pictures have: the sum of each level's mean.
pub fn laplacian_l1(x: &Tensor, target: &Tensor) -> Tensor {
    let apart = x.to_kind(Kind::Float) - target.to_kind(Kind::Float);
    let means: Vec<Tensor> = laplacian(&apart).iter().map(|level| level.abs().mean(Kind::Float)).collect();
    Tensor::stack(&means, 0).sum(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn a_flat_picture_is_all_in_the_last_level() {
        for (side, count) in [(28, 4), (32, 4), (64, 5), (128, 6)] {
            let flat = Tensor::ones([2, 3, side, side], (Kind::Float, Device::Cpu)) * 0.5;
            let levels = laplacian(&flat);
            assert_eq!(levels.len(), count, "{side}");
            let means: Vec<f64> = levels.iter().map(|l| f64::try_from(l.abs().mean(Kind::Float)).unwrap()).collect();
            assert!(means[..count - 1].iter().all(|m| *m < 1e-6) && (means[count - 1] - 0.5).abs() < 1e-6, "{means:?}");
            let distance = laplacian_l1(&flat, &flat.zeros_like());
            assert!((f64::try_from(distance).unwrap() - 0.5).abs() < 1e-5, "a flat difference of ½");
        }
    }

    #[test]
    fn a_dot_becomes_the_binomial_and_levels_add_up_to_the_picture() {
        let dot = Tensor::zeros([1, 1, 8, 8], (Kind::Float, Device::Cpu));
        let _ = dot.narrow(2, 2, 1).narrow(3, 4, 1).fill_(256.0);
        let levels = laplacian(&dot);
        assert_eq!(levels.iter().map(Tensor::size).collect::<Vec<_>>(), [[1, 1, 8, 8], [1, 1, 4, 4]]);
        // Around the dot at (2, 4) every other pixel of 1 4 6 4 1 ⊗ 1 4 6 4 1.
        let rows: Vec<f32> = Vec::try_from(levels[1].reshape([-1])).unwrap();
        assert_eq!(rows, [0.0, 1.0, 6.0, 1.0, 0.0, 6.0, 36.0, 6.0, 0.0, 1.0, 6.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let again = &levels[0] + levels[1].upsample_bilinear2d([8, 8], false, None, None);
        assert!(f64::try_from((again - dot).abs().max()).unwrap() < 1e-4);
    }
}
