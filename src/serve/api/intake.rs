//! Takes in the body of a request before anybody answers it.
//!
//! ```text
//!  body ──┬─ fits ───────────────────> the handler has it whole
//!         ├─ too long ── read to its end, and thrown away ──> 413, and the connection goes on
//!         ├─ endless, or not sent yet ──────────────────────> 413, and the connection ends
//!         └─ not here within a minute ──────────────────────> 408, and the connection ends
//! ```
//! A server that answers before it has read all of a request must close the connection (RFC 9112, section 9.3), and one that
//! closes it while the client still sends may take its own answer back: the client is told of a reset and not of what was
//! wrong (section 9.6). So a body is read whatever is said of it, as long as that ends.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;

use super::body::LONGEST;
use super::problem::Problem;

/// The longest body that is read to its end only to be thrown away, bytes.
const MOST_READ: usize = 16 << 20;

/// How long a body may take.
const LONGEST_TIME: Duration = Duration::from_mins(1);

/// What became of a body.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Whole(Bytes),
    TooLong,
    /// And not all of it was read.
    Endless,
    /// Not here in time.
    Slow,
    Broken(String),
}

/// Gives the request with its whole body to `next`, or says that it is too long.
pub(in crate::serve) async fn whole(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match taken_within(LONGEST_TIME, &parts.headers, body).await {
        Taken::Whole(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Taken::TooLong => too_long(),
        Taken::Endless => closing(too_long()),
        Taken::Slow => {
            let why = format!("the body took longer than {} s", LONGEST_TIME.as_secs());
            closing(Problem::new(StatusCode::REQUEST_TIMEOUT, why).into_response())
        }
        Taken::Broken(why) => closing(Problem::new(StatusCode::BAD_REQUEST, why).into_response()),
    }
}

async fn taken_within(time: Duration, headers: &HeaderMap, body: Body) -> Taken {
    tokio::time::timeout(time, taken(headers, body)).await.unwrap_or(Taken::Slow)
}

async fn taken(headers: &HeaderMap, body: Body) -> Taken {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    // Whoever asks first whether to send it has sent nothing, and needs not (RFC 9110, section 10.1.1).
    let most = if headers.contains_key(header::EXPECT) { LONGEST } else { MOST_READ };
    if length.is_some_and(|length| length > most) {
        return Taken::Endless;
    }
    let (mut pieces, mut kept, mut read) = (body.into_data_stream(), Vec::new(), 0);
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) if read + piece.len() > MOST_READ => return Taken::Endless,
            Ok(piece) => {
                read += piece.len();
                if read <= LONGEST {
                    kept.extend_from_slice(&piece);
                } else {
                    kept = Vec::new();
                }
            }
            Err(error) => return Taken::Broken(format!("the body cannot be read: {error}")),
        }
    }
    if read > LONGEST { Taken::TooLong } else { Taken::Whole(kept.into()) }
}

fn too_long() -> Response {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is too long: at most {LONGEST} bytes"))
        .into_response()
}

fn closing(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(sizes: &[usize]) -> Body {
        let pieces: Vec<_> = sizes.iter().map(|size| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; *size]))).collect();
        Body::from_stream(futures::stream::iter(pieces))
    }

    #[tokio::test]
    async fn a_body_is_kept_as_long_as_it_fits_and_read_as_long_as_it_ends() {
        let none = HeaderMap::new();
        for (sizes, is) in [
            (&[][..], Taken::Whole(Bytes::new())),
            (&[LONGEST - 2, 2], Taken::Whole(vec![b'x'; LONGEST].into())),
            (&[LONGEST - 2, 2, 1], Taken::TooLong),
            (&[LONGEST + 1, 2], Taken::TooLong),
            (&[MOST_READ - 2, 2], Taken::TooLong),
            (&[MOST_READ - 2, 2, 1], Taken::Endless),
        ] {
            assert!(taken(&none, pieces(sizes)).await == is, "{sizes:?}");
        }
        let broken = futures::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("gone"))]);
        assert!(matches!(taken(&none, Body::from_stream(broken)).await, Taken::Broken(why) if why.contains("gone")));
    }

    #[tokio::test]
    async fn what_is_announced_to_be_too_long_is_not_waited_for() {
        // A body that never comes: whoever waits for it waits for ever.
        let never = || Body::from_stream(futures::stream::pending::<std::io::Result<Bytes>>());
        let long = (header::CONTENT_LENGTH, HeaderValue::from(MOST_READ + 1));
        let expected = [
            (header::CONTENT_LENGTH, HeaderValue::from(LONGEST + 1)),
            (header::EXPECT, HeaderValue::from_static("100-continue")),
        ];
        assert_eq!(taken(&HeaderMap::from_iter([long]), never()).await, Taken::Endless);
        assert_eq!(taken(&HeaderMap::from_iter(expected), never()).await, Taken::Endless);
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let begun = futures::stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{")) });
        let never = Body::from_stream(begun.chain(futures::stream::pending()));
        assert_eq!(taken_within(Duration::from_millis(20), &HeaderMap::new(), never).await, Taken::Slow);
        // One that comes piece by piece, in time.
        let pieces = futures::stream::iter(0..10).then(|_| async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok::<_, std::io::Error>(Bytes::from_static(b"x"))
        });
        let whole = taken_within(LONGEST_TIME, &HeaderMap::new(), Body::from_stream(pieces)).await;
        assert_eq!(whole, Taken::Whole(Bytes::from_static(b"xxxxxxxxxx")));
    }
}
