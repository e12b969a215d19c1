//! Colours as three uncorrelated numbers of like spread, and back.

use crate::{
    nn::{Device, Kind, Tensor},
    picture::Picture,
};
use anyhow::Result;

/// Least spread of a direction of colour, as a share of the widest: what is nearly grey has no colours to be blown up.
const LEAST: f64 = 0.03;

/// The exemplars' colours: their mean (1×3), the way to whitened ones (3×3) and back, and each channel's sorted values in 0..=255.
pub struct Colours {
    mean: Tensor,
    to: Tensor,
    back: Tensor,
    sorted: Tensor,
}

/// Pixels as n×3 in 0..=255.
fn rows(picture: &Picture) -> Result<Tensor> {
    Ok(Tensor::f_from_slice(&picture.rgb)?.f_view([-1, 3])?.to_kind(Kind::Float))
}

/// Each channel's values in rising order, n×3.
fn sorted(pictures: &[&Picture]) -> Result<Tensor> {
    let mut counts = [[0usize; 256]; 3];
    for pixel in pictures.iter().flat_map(|p| p.rgb.chunks_exact(3)) {
        for (count, &v) in counts.iter_mut().zip(pixel) {
            count[usize::from(v)] += 1;
        }
    }
    let channel = |count: &[usize; 256]| -> Vec<f32> {
        count.iter().enumerate().flat_map(|(v, &n)| std::iter::repeat_n(v as f32, n)).collect()
    };
    let channels = counts.iter().map(|count| Ok(Tensor::f_from_slice(&channel(count))?)).collect::<Result<Vec<_>>>()?;
    Ok(Tensor::f_stack(&channels, 1)?.contiguous())
}

impl Colours {
    /// `None` where there is one colour only.
    pub fn of(pictures: &[&Picture]) -> Result<Option<Self>> {
        let all = pictures.iter().map(|p| rows(p)).collect::<Result<Vec<_>>>()?;
        let all = Tensor::f_cat(&all, 0)?;
        let exact = all.to_kind(Kind::Double);
        let mean = exact.mean_dim([0i64].as_slice(), true, Kind::Double);
        let apart = &exact - &mean;
        let covariance = apart.tr().matmul(&apart) / all.size()[0] as f64;
        let (variance, axes) = covariance.f_linalg_eigh("L")?;
        let spread = variance.clamp_min(0.0).sqrt();
        let widest = spread.max().double_value(&[]);
        if widest < 0.05 {
            return Ok(None);
        }
        let spread = spread.clamp_min(LEAST * widest);
        let single = |x: &Tensor| x.to_kind(Kind::Float).to_device(Device::Cpu);
        let sorted = sorted(pictures)?;
        let (to, back) = (&axes / spread.unsqueeze(0), axes.tr() * spread.unsqueeze(1));
        Ok(Some(Self { mean: single(&mean), to: single(&to), back: single(&back), sorted }))
    }

    /// A picture as 1×3×H×W.
    pub fn whitened(&self, picture: &Picture) -> Result<Tensor> {
        let own = (rows(picture)? - &self.mean).matmul(&self.to);
        let shaped = own.f_view([1, picture.height as i64, picture.width as i64, 3])?;
        Ok(shaped.permute([0, 3, 1, 2]).contiguous())
    }

    /// n×3 colours in 0..=255, not bounded.
    fn unwhitened(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.permute([0, 2, 3, 1]).contiguous().f_view([-1, 3])?.matmul(&self.back) + &self.mean)
    }

    /// A 1×3×H×W tensor as a picture.
    pub fn picture(&self, x: &Tensor) -> Result<Picture> {
        painted(&self.unwhitened(x)?, x)
    }

    /// The same with exactly the exemplars' distribution of each channel: the n-th darkest of our values becomes the n-th of theirs.
    pub fn matched(&self, x: &Tensor) -> Result<Picture> {
        let own = self.unwhitened(x)?;
        let (count, theirs) = (own.size()[0], self.sorted.size()[0]);
        let ranks = own.f_argsort_stable(true, 0, false)?.f_argsort_stable(true, 0, false)?;
        let place = (ranks.to_kind(Kind::Double) + 0.5) * (theirs as f64 / count as f64) - 0.5;
        let place = place.round().clamp(0.0, (theirs - 1) as f64).to_kind(Kind::Int64);
        painted(&self.sorted.f_gather(0, &place, false)?, x)
    }
}

fn painted(rows: &Tensor, like: &Tensor) -> Result<Picture> {
    let bytes = rows.round().clamp(0.0, 255.0).to_kind(Kind::Uint8).contiguous().f_view([-1])?;
    let rgb: Vec<u8> = Vec::try_from(bytes)?;
    Ok(Picture { width: like.size()[3] as usize, height: like.size()[2] as usize, rgb: rgb.into() })
}
