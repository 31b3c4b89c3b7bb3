//! Paths as text: what can be said of them without looking at a disk.

/// Tidies a path so that two ways to write one file compare as equal: `file://` is dropped,
/// backslashes stay as they are (they are legal in names), `.` and empty parts go, and `..` takes
/// back the part before it. URLs of other schemes and `-` stay as they are.
pub(crate) fn tidy(path: &str) -> String {
    let path = path.strip_prefix("file://").unwrap_or(path);
    if path == "-" || path.contains("://") {
        return path.to_owned();
    }
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            // Above the root there is only the root.
            ".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    let tidied = parts.join("/");
    if is_absolute {
        format!("/{tidied}")
    } else if tidied.is_empty() {
        ".".to_owned()
    } else {
        tidied
    }
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn different_ways_to_write_one_path_become_the_same() {
        for (path, expect) in [
            ("out.csv", "out.csv"),
            ("./out.csv", "out.csv"),
            ("a/../out.csv", "out.csv"),
            ("a//b/./c", "a/b/c"),
            ("../x", "../x"),
            ("a/../../x", "../x"),
            ("/a/../../x", "/x"),
            ("file:///data/x", "/data/x"),
            ("s3://bucket/a/../b", "s3://bucket/a/../b"),
            ("-", "-"),
            ("a/..", "."),
        ] {
            assert_eq!(tidy(path), expect, "{path}");
        }
    }
}
