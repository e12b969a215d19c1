//! The methods of matting.

/// Where the equations come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    ClosedForm,
    Learning,
    Knn,
}
