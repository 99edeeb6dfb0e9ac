//! Images: Gemini image models through `generateContent`, Imagen through `predict`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind};
use crate::notes::Notes;
use crate::usage::Usage;

use super::wire::Answer;
use super::{errors, generation_of, usage};

/// Aspect ratios of Imagen and of the Gemini image models, as width and height.
const IMAGEN_RATIOS: &[(u32, u32)] = &[(1, 1), (3, 4), (4, 3), (9, 16), (16, 9)];
const GEMINI_RATIOS: &[(u32, u32)] = &[
    (1, 1),
    (2, 3),
    (3, 2),
    (3, 4),
    (4, 3),
    (4, 5),
    (5, 4),
    (9, 16),
    (16, 9),
    (21, 9),
];

/// Whether `model` is reached through `predict`.
pub(super) fn is_imagen(model: &str) -> bool {
    model.starts_with("imagen")
}

#[derive(Deserialize)]
struct Request {
    prompt: String,
    #[serde(default)]
    n: Option<u64>,
    #[serde(default)]
    size: Option<String>,
    #[serde(default)]
    response_format: Option<String>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

pub(super) fn encode(model: &str, body: &[u8], notes: &mut Notes) -> Result<Vec<u8>, Error> {
    let request: Request = serde_json::from_slice(body)
        .map_err(|e| Error::invalid("prompt", format!("cannot read the image request: {e}")))?;
    if request.response_format.as_deref() == Some("url") {
        return Err(Error::not_supported(
            "response_format",
            "gemini gives image bytes, not addresses; ask for b64_json",
        ));
    }
    for (name, value) in &request.extra {
        if name != "model" && !value.is_null() {
            notes.dropped(name);
        }
    }
    let body = if is_imagen(model) {
        imagen(&request, notes)?
    } else {
        gemini(model, &request, notes)?
    };
    serde_json::to_vec(&body)
        .map_err(|e| Error::malformed(format!("cannot write the gemini request: {e}")))
}

fn imagen(request: &Request, notes: &mut Notes) -> Result<Value, Error> {
    let n = request.n.unwrap_or(1);
    if !(1..=4).contains(&n) {
        return Err(Error::not_supported(
            "n",
            "imagen makes 1 to 4 images a call",
        ));
    }
    let mut parameters = json!({"sampleCount": n});
    if let Some(shape) = shape(request, IMAGEN_RATIOS, notes)? {
        parameters["aspectRatio"] = json!(shape.ratio);
        if shape.longest >= 2048 {
            parameters["imageSize"] = json!("2K");
        }
    }
    Ok(json!({"instances": [{"prompt": request.prompt}], "parameters": parameters}))
}

fn gemini(model: &str, request: &Request, notes: &mut Notes) -> Result<Value, Error> {
    if request.n.is_some_and(|n| n != 1) {
        return Err(Error::not_supported(
            "n",
            "gemini image models make one image a call",
        ));
    }
    let mut config = json!({"responseModalities": ["IMAGE"]});
    if let Some(shape) = shape(request, GEMINI_RATIOS, notes)? {
        let mut image = json!({"aspectRatio": shape.ratio});
        let sized = generation_of(model).is_some_and(|(major, _)| major >= 3);
        match shape.longest {
            4096.. if sized => image["imageSize"] = json!("4K"),
            2048.. if sized => image["imageSize"] = json!("2K"),
            _ => {}
        }
        config["imageConfig"] = image;
    }
    Ok(json!({
        "contents": [{"role": "user", "parts": [{"text": request.prompt}]}],
        "generationConfig": config,
    }))
}

struct Shape {
    ratio: String,
    /// The longer side, in pixels.
    longest: u32,
}

/// The supported ratio nearest to `size`; pixels other than a square of 1024 are noted as changed.
fn shape(
    request: &Request,
    ratios: &[(u32, u32)],
    notes: &mut Notes,
) -> Result<Option<Shape>, Error> {
    let Some(size) = request.size.as_deref().filter(|size| *size != "auto") else {
        return Ok(None);
    };
    let sides = size
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse::<u32>().ok()?, h.parse::<u32>().ok()?)))
        .filter(|(w, h)| *w > 0 && *h > 0);
    let (width, height) = sides.ok_or_else(|| {
        Error::invalid("size", format!("size `{size}` is not auto or WIDTHxHEIGHT"))
    })?;
    if (width, height) != (1024, 1024) {
        notes.changed("size");
    }
    let wanted = (f64::from(width) / f64::from(height)).ln();
    let distance = |(w, h): &(u32, u32)| ((f64::from(*w) / f64::from(*h)).ln() - wanted).abs();
    let nearest = ratios
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)));
    Ok(nearest.map(|(w, h)| Shape {
        ratio: format!("{w}:{h}"),
        longest: width.max(height),
    }))
}

#[derive(Deserialize)]
struct Predictions {
    #[serde(default)]
    predictions: Vec<Prediction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Prediction {
    #[serde(default)]
    bytes_base64_encoded: Option<String>,
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    rai_filtered_reason: Option<String>,
}

struct Images {
    /// Media type and base64.
    found: Vec<(String, String)>,
    /// Why there are none.
    refusal: Option<String>,
    usage: Usage,
}

pub(super) fn decode(body: &[u8]) -> Result<(Bytes, Usage), Error> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|e| Error::malformed(format!("cannot decode the gemini images: {e}")))?;
    if let Some(error) = &answer.error {
        return Err(errors::in_band(error));
    }
    let mut images = if answer.candidates.is_some() || answer.prompt_feedback.is_some() {
        generated(answer)
    } else {
        predicted(body)?
    };
    if images.found.is_empty() {
        let reason = images.refusal.unwrap_or_else(|| "no image came".to_owned());
        return Err(Error::new(
            ErrorKind::ContentPolicy,
            format!("gemini made no image: {reason}"),
        ));
    }
    images.usage.images = images.found.len() as u64;
    let usage = &images.usage;
    let format = images.found[0].0.strip_prefix("image/").unwrap_or("png");
    let mut out = json!({"created": 0, "output_format": format});
    out["data"] = images
        .found
        .iter()
        .map(|(_, data)| json!({"b64_json": data}))
        .collect();
    if usage.raw.is_some() {
        out["usage"] = json!({
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.total_tokens(),
            "input_tokens_details": {
                "text_tokens": usage.input_tokens.saturating_sub(usage.image_input_tokens),
                "image_tokens": usage.image_input_tokens,
            },
        });
    }
    Ok((Bytes::from(out.to_string()), images.usage))
}

fn generated(answer: Answer) -> Images {
    let usage = answer.usage_metadata.as_deref().and_then(usage::read);
    let mut refusal = answer.block_reason().map(str::to_owned);
    let mut found = Vec::new();
    for candidate in answer.candidates.unwrap_or_default() {
        refusal = refusal.or(candidate.finish_reason);
        let parts = candidate.content.and_then(|c| c.parts).unwrap_or_default();
        // Drafts made while thinking are not the answer.
        let blobs = parts.into_iter().filter(|p| !p.thought);
        found.extend(
            blobs
                .filter_map(|p| p.inline_data)
                .map(|blob| (blob.mime_type, blob.data)),
        );
    }
    Images {
        found,
        refusal,
        usage: usage.map(|report| report.usage).unwrap_or_default(),
    }
}

fn predicted(body: &[u8]) -> Result<Images, Error> {
    let answer: Predictions = serde_json::from_slice(body)
        .map_err(|e| Error::malformed(format!("cannot decode the imagen answer: {e}")))?;
    let mut images = Images {
        found: Vec::new(),
        refusal: None,
        usage: Usage::default(),
    };
    for prediction in answer.predictions {
        images.refusal = images.refusal.or(prediction.rai_filtered_reason);
        if let Some(data) = prediction.bytes_base64_encoded {
            let media_type = prediction
                .mime_type
                .unwrap_or_else(|| "image/png".to_owned());
            images.found.push((media_type, data));
        }
    }
    Ok(images)
}
