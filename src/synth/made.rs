//! How a result was made, as text that travels with it: the tool, its settings, and what it worked on.

use super::{Materials, Task, Tool};
use crate::{
    picture::{Mask, Picture},
    spec::Knobs,
};
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The fields, in the order in which they are written.
#[derive(Serialize)]
struct Made<'a> {
    program: &'static str,
    tool: &'a str,
    knobs: Knobs,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<[usize; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a str>,
    inputs: BTreeMap<String, Input>,
}

/// An input's size, and the SHA-256 of its decoded pixels: RGB8 or grey, row by row, nothing else.
#[derive(Serialize)]
struct Input {
    width: usize,
    height: usize,
    sha256: String,
}

impl From<&Picture> for Input {
    fn from(picture: &Picture) -> Self {
        Self { width: picture.width, height: picture.height, sha256: sha256(&picture.rgb) }
    }
}

impl From<&Mask> for Input {
    fn from(mask: &Mask) -> Self {
        Self { width: mask.width, height: mask.height, sha256: sha256(&mask.grey) }
    }
}

/// How a tool makes its result of these materials, as one line of JSON: program and version, tool, all knobs, the seed where something
/// may be drawn at random, the size of a new texture, `run` (its name and step, for tools that ask a player), and each input's hash by
/// its role. Without a time, so that the same work gives the same bytes. The original is left out: it changes no pixel.
pub fn made(tool: &Tool, materials: &Materials, knobs: &Knobs, run: Option<&str>) -> String {
    let random = matches!(tool.task, Task::Inpainting | Task::Texture);
    let new = tool.task == Task::Texture && materials.mask.is_none();
    let table = (tool.knobs)();
    let made = Made {
        program: concat!("latent-studio ", env!("CARGO_PKG_VERSION")),
        tool: tool.id,
        knobs: knobs.clone().complete(&table).unwrap_or_else(|_| knobs.clone()),
        seed: random.then_some(materials.seed),
        size: new.then_some(materials.size),
        run,
        inputs: inputs(materials),
    };
    // Maps with text for keys are all it holds, so that it always becomes text.
    serde_json::to_string(&made).unwrap_or_default()
}

/// The same text with a fact more, for what was done to the result afterwards: `over`, the background it was laid over.
pub fn with(made: &str, key: &str, fact: &str) -> String {
    match serde_json::from_str(made) {
        Ok(Json::Object(mut all)) => {
            all.insert(key.to_owned(), Json::from(fact));
            Json::Object(all).to_string()
        }
        // Of several steps it is done to the last.
        Ok(Json::Array(mut steps)) => {
            if let Some(Json::Object(last)) = steps.last_mut() {
                last.insert(key.to_owned(), Json::from(fact));
            }
            Json::Array(steps).to_string()
        }
        _ => made.to_owned(),
    }
}

/// How the last of several results was made, each of the one before: a list in their order, or the only one itself.
pub fn chain(steps: &[String]) -> String {
    match steps {
        [one] => one.clone(),
        all => format!("[{}]", all.join(",")),
    }
}

/// How a result was made of something that was itself made: its steps, then this one.
pub fn after(former: Option<&str>, step: String) -> String {
    let former = former.map(|text| text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text));
    chain(&former.map(str::to_owned).into_iter().chain([step]).collect::<Vec<_>>())
}

/// The hash of a picture as a text, for [`with`].
pub fn hash(picture: &Picture) -> String {
    format!("{}×{} {}", picture.width, picture.height, sha256(&picture.rgb))
}

fn inputs(materials: &Materials) -> BTreeMap<String, Input> {
    let mut all = BTreeMap::new();
    let mut add = |role: String, input: Option<Input>| {
        if let Some(input) = input {
            all.insert(role, input);
        }
    };
    add("picture".into(), materials.picture.as_ref().map(Input::from));
    add("mask".into(), materials.mask.as_ref().map(Input::from));
    add("guide".into(), materials.guide.as_ref().map(Input::from));
    for (i, exemplar) in materials.exemplars.iter().enumerate() {
        let name = format!("exemplar_{}", i + 1);
        add(format!("{name}_guide"), exemplar.guide.as_ref().map(Input::from));
        add(format!("{name}_sample"), exemplar.sample.as_ref().map(Input::from));
        add(format!("{name}_companion"), exemplar.companion.as_ref().map(Input::from));
        add(name, Some(Input::from(&exemplar.picture)));
    }
    all
}

/// 64 hex digits.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::super::perform::tests::{INVERT, knob};
    use super::*;

    #[test]
    fn it_says_what_was_done_and_nothing_of_when() {
        let picture = Picture::filled(1, 1, [97, 98, 99]);
        let materials = Materials { picture: Some(picture), seed: 9, ..Materials::default() };
        let text = made(&INVERT, &materials, &Knobs::default(), None);
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            text,
            format!(
                "{{\"program\":\"latent-studio {version}\",\"tool\":\"invert\",\"knobs\":{{\"amount\":1.0}},\
                 \"inputs\":{{\"picture\":{{\"width\":1,\"height\":1,\"sha256\":\"{abc}\"}}}}}}"
            )
        );
        let half = made(&INVERT, &materials, &knob(0.5), None);
        assert_ne!(half, text, "a knob counts");
        assert_eq!((chain(std::slice::from_ref(&half)), after(None, half.clone())), (half.clone(), half.clone()));
        let three = after(Some(&after(Some(&text), half.clone())), text.clone());
        assert_eq!(three, chain(&[text.clone(), half.clone(), text.clone()]));
        let over: Json = serde_json::from_str(&with(&three, "over", "#00ff00")).unwrap();
        assert_eq!((&over[2]["over"], &over[1]["over"]), (&"#00ff00".into(), &Json::Null), "done to the last step");
        assert!(serde_json::from_str::<Vec<Json>>(&chain(&[text.clone(), half])).is_ok_and(|all| all.len() == 2));
        let over: Json = serde_json::from_str(&with(&text, "over", "#ff0000")).unwrap();
        assert_eq!((&over["over"], &over["tool"]), (&"#ff0000".into(), &"invert".into()));
    }

    #[test]
    fn roles_seed_and_size_are_told_where_they_count() {
        let tool = Tool { task: Task::Texture, ..INVERT };
        let exemplar =
            super::super::Exemplar { sample: Some(Mask::filled(2, 2, 255)), ..Picture::filled(2, 2, [1; 3]).into() };
        let materials = Materials { exemplars: vec![exemplar], size: [64, 32], seed: 7, ..Materials::default() };
        let read = |materials: &Materials, run| -> Json {
            serde_json::from_str(&made(&tool, materials, &Knobs::default(), run)).unwrap()
        };
        let json = read(&materials, Some("faces, step 500"));
        assert_eq!(
            (&json["seed"], &json["size"], &json["run"]),
            (&7.into(), &[64, 32].into(), &"faces, step 500".into())
        );
        let roles: Vec<_> = json["inputs"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(roles, ["exemplar_1", "exemplar_1_sample"]);
        let hashes = |json: &Json| json["inputs"].clone();
        let wide = Materials { mask: Some(Mask::filled(4, 1, 0)), ..materials.clone() };
        let tall = Materials { mask: Some(Mask::filled(1, 4, 0)), ..materials };
        assert_ne!(hashes(&read(&wide, None)), hashes(&read(&tall, None)), "the same bytes in another shape");
    }
}
