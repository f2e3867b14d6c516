//! The elements of KML that matter here, by local name and parent.

/// What an open element is to this decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Placemark,
    TimeStamp,
    TimeSpan,
    Point,
    /// Another geometry, whose parts are not rows.
    Shape,
    Track,
    /// A field whose text is wanted.
    Field(Field),
    Other,
}

/// A field whose text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    When,
    Begin,
    End,
    Coordinates,
    TrackWhen,
    TrackCoord,
}

impl Element {
    /// What `name` means inside `parent`: a time inside `LookAt` or `Camera` is not the position's, a ring inside a
    /// polygon no shape of its own.
    pub(super) fn of(name: &str, parent: Self) -> Self {
        match (parent, name) {
            (_, "Placemark") => Self::Placemark,
            (_, "Point") => Self::Point,
            (_, "Track") => Self::Track,
            (Self::Shape, _) | (_, "LineString" | "LinearRing" | "Polygon" | "Model") => Self::Shape,
            (Self::Placemark, "TimeStamp") => Self::TimeStamp,
            (Self::Placemark, "TimeSpan") => Self::TimeSpan,
            (Self::TimeStamp, "when") => Self::Field(Field::When),
            (Self::TimeSpan, "begin") => Self::Field(Field::Begin),
            (Self::TimeSpan, "end") => Self::Field(Field::End),
            (Self::Point, "coordinates") => Self::Field(Field::Coordinates),
            (Self::Track, "when") => Self::Field(Field::TrackWhen),
            (Self::Track, "coord") => Self::Field(Field::TrackCoord),
            _ => Self::Other,
        }
    }
}
