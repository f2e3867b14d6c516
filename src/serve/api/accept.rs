//! Which form of rows is wanted: the header `Accept` (RFC 9110, 12.5.1), read. Pure.

use axum::http::{HeaderMap, StatusCode, header};

use super::problem::Problem;

/// A form that rows are sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One JSON object, a row a line.
    Json,
    /// Arrow's IPC stream.
    Arrow,
}

impl Kind {
    /// Both; the first is what who does not say gets.
    const ALL: [Self; 2] = [Self::Json, Self::Arrow];

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }
}

/// The form that is wanted most.
///
/// # Errors
/// 406 if none of ours is.
pub(super) fn wanted(headers: &HeaderMap) -> Result<Kind, Problem> {
    let texts = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
    let ranges: Vec<(&str, f32)> = texts.flat_map(|t| t.split(',')).map(range).collect();
    if ranges.is_empty() {
        return Ok(Kind::Json);
    }
    let mut best = (None, 0.0);
    for kind in Kind::ALL {
        let quality = quality(&ranges, kind.media_type());
        if quality > best.1 {
            best = (Some(kind), quality);
        }
    }
    best.0.ok_or_else(|| {
        let [json, arrow] = Kind::ALL.map(Kind::media_type);
        Problem::new(StatusCode::NOT_ACCEPTABLE, format!("rows are sent as {json} or {arrow}"))
    })
}

/// `text/html;level=1;q=0.5`: what, and how much it is wanted.
fn range(text: &str) -> (&str, f32) {
    let mut parts = text.split(';').map(str::trim);
    let what = parts.next().unwrap_or_default();
    let quality = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
    (what, quality.and_then(|q| q.parse().ok()).unwrap_or(1.0))
}

/// How much a media type is wanted: what names it stands above what names its family, and that above `*/*`.
fn quality(ranges: &[(&str, f32)], media_type: &str) -> f32 {
    let family = media_type.split_once('/').map_or("", |(family, _)| family);
    let weight = |range: &str| match range {
        _ if range.eq_ignore_ascii_case(media_type) => Some(2),
        "*/*" => Some(0),
        _ => range.strip_suffix("/*").filter(|f| f.eq_ignore_ascii_case(family)).map(|_| 1),
    };
    let matching = ranges.iter().filter_map(|(range, quality)| Some((weight(range)?, *quality)));
    matching.fold((-1, 0.0), |best, next| if next.0 > best.0 { next } else { best }).1
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_is_wanted_most_is_sent() {
        let arrow = Kind::Arrow.media_type();
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(value).unwrap());
            wanted(&headers).map_err(|p| p.status.as_u16())
        };
        assert_eq!(wanted(&HeaderMap::new()), Ok(Kind::Json));
        for (value, kind) in [
            ("*/*", Ok(Kind::Json)),
            ("application/*", Ok(Kind::Json)),
            ("application/JSON", Ok(Kind::Json)),
            (arrow, Ok(Kind::Arrow)),
            (&format!("application/json;q=0.5, {arrow}"), Ok(Kind::Arrow)),
            (&format!("{arrow};q=0.1, */*;q=0.2"), Ok(Kind::Json)),
            ("application/json;q=0, */*", Ok(Kind::Arrow)),
            ("text/html, */*;q=0.8", Ok(Kind::Json)),
            ("text/html", Err(406)),
            ("application/json;q=0", Err(406)),
        ] {
            assert_eq!(of(value), kind, "{value}");
        }
    }
}
