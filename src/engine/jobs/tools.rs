//! Jobs of the canvas: reads pictures, runs tools, writes what came of them. The command line goes the same way.

use crate::{
    canvas::Layer,
    data,
    engine::{
        library::weights_at,
        protocol::{Backdrop, CanvasPicture, Helper, Moment, Role, ToolEntry, ToolOrder},
        weight_store::WeightStore,
    },
    models,
    nn::Device,
    picture::{Mask, Picture},
    run,
    synth::{self, Outcome, TOOLS, Watch, composite, made, trimap},
};
use anyhow::{Context, Result};
use std::path::Path;

/// All tools, as the window knows them.
pub fn entries() -> Vec<ToolEntry> {
    let entry = |tool: &synth::Tool| ToolEntry {
        id: tool.id.into(),
        title: tool.title.into(),
        about: tool.about.into(),
        task: tool.task,
        generator: tool.generator,
        knobs: (tool.knobs)(),
    };
    TOOLS.iter().map(entry).collect()
}

/// Runs a tool with the generator of an open run where it wants one; answers what it made and how it can be made again.
pub fn make(store: &WeightStore, order: &ToolOrder, device: Device, watch: &mut Watch) -> Result<(Outcome, String)> {
    let tool = synth::tool(&order.tool)?;
    let mut maker = None;
    let player = match &order.run {
        None => None,
        Some(Helper { run, ema, name }) => {
            let playing = store.get(*run).context("The run is not open any more; open it again.")?;
            let weights = weights_at(&playing, Moment::Live)?;
            let mut player = models::player(&playing.plan, device)?;
            player.load_weights(if *ema { &weights.ema } else { &weights.raw }, weights.discriminator.as_deref())?;
            let which = if *ema { "averaged" } else { "raw" };
            maker = Some(format!("{name}, step {}, {which}", weights.step));
            Some(player)
        }
    };
    let mut materials = order.materials.clone();
    if let (Some([erode, dilate]), Some(rough)) = (order.band, &materials.mask) {
        materials.mask = Some(trimap::from_mask(rough, erode, dilate));
    }
    let outcome = synth::perform(tool, &materials, &order.knobs, player.as_deref(), watch)?;
    let step = made::made(tool, &materials, &order.knobs, maker.as_deref());
    Ok((outcome, made::after(order.made.as_deref(), step)))
}

/// Reads a picture for the canvas.
pub fn read(path: &Path, role: Role) -> Result<CanvasPicture> {
    let name = path.file_stem().map_or_else(|| "picture".into(), |stem| stem.to_string_lossy().into_owned());
    let (picture, alpha) = if let Role::Layer(layer) = role {
        let mask = data::mask_picture(path)?;
        let mask = if layer == Layer::Scribbles { trimap::snap(&mask) } else { mask };
        let rgb = mask.grey.iter().flat_map(|&v| [v; 3]).collect();
        (Picture { width: mask.width, height: mask.height, rgb }, None)
    } else {
        data::whole_picture(path)?
    };
    // What a file says of itself is taken on only where it is such a note.
    let made = run::made_of_file(path).filter(|note| serde_json::from_str::<serde_json::Value>(note).is_ok());
    Ok(CanvasPicture { name, picture, alpha, made: made.filter(|_| !matches!(role, Role::Layer(_))) })
}

/// Writes a picture of the canvas.
pub fn write(canvas_picture: &CanvasPicture, to: &Path) -> Result<()> {
    run::write(
        to,
        &run::encode_with(&canvas_picture.picture, canvas_picture.alpha.as_ref(), canvas_picture.made.as_deref(), to)?,
    )
}

/// Writes a mask as a grey picture.
pub fn write_mask(mask: &Mask, made: Option<&str>, to: &Path) -> Result<()> {
    run::write(to, &run::encode_mask(mask, made, to)?)
}

/// A picture over its backdrop; as it is where it is opaque or has none.
pub fn composed(canvas_picture: CanvasPicture, over: &Backdrop) -> Result<CanvasPicture> {
    let Some(alpha) = &canvas_picture.alpha else { return Ok(canvas_picture) };
    let (picture, fact) = match over {
        Backdrop::Nothing => return Ok(canvas_picture),
        Backdrop::Colour(colour) => {
            let [r, g, b] = colour;
            (composite::over_colour(&canvas_picture.picture, alpha, *colour)?, format!("#{r:02x}{g:02x}{b:02x}"))
        }
        Backdrop::Picture(behind) => {
            let fit = composite::Fit::Covering;
            (
                composite::over_picture(&canvas_picture.picture, alpha, behind, fit)?,
                format!("{} covering", made::hash(behind)),
            )
        }
    };
    let note = canvas_picture.made.as_ref().map(|note| made::with(note, "over", &fact));
    Ok(CanvasPicture { picture, alpha: None, made: note, ..canvas_picture })
}

/// A picture at another size, smoothly.
pub fn smooth(picture: &Picture, [width, height]: [usize; 2]) -> Picture {
    data::resized(picture, width, height).unwrap_or_else(|_| picture.clone())
}
