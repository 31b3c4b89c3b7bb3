//! Parameters that are given by name.

/// Something for each of several names, in the order in which they are written.
pub type Named<T> = indexmap::IndexMap<String, T>;

/// The JSON pointer of a place in the parameters.
///
/// ```
/// assert_eq!(stepwell_values::pointer(["columns", "a/b"]), "/columns/a~1b");
/// ```
pub fn pointer<S: AsRef<str>>(path: impl IntoIterator<Item = S>) -> String {
    path.into_iter()
        .map(|part| format!("/{}", part.as_ref().replace('~', "~0").replace('/', "~1")))
        .collect()
}
