//! A clock that goes back.

use crate::support::workspace;

/// Where the time of day is read: for the times in the record of what steps did, and for steps that were granted the
/// clock. Neither decides anything.
const READERS: [&str; 2] = ["capabilities/src/clock.rs", "engine/src/audit.rs"];

/// Limits and durations are measured by a clock that only goes forward, and no decision depends on the age of a file. So
/// setting the clock back changes nothing in a run.
#[test]
fn nothing_that_decides_reads_the_time_of_day() {
    let runtime = workspace().join("runtime");
    let mut folders = vec![runtime.clone()];
    let mut readers = Vec::new();
    let mut n_files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                n_files += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                let words = [
                    "SystemTime::now",
                    "Utc::now",
                    "Local::now",
                    "Timestamp::now",
                ];
                if words.iter().any(|word| text.contains(word)) {
                    let path = path.strip_prefix(&runtime).unwrap();
                    readers.push(path.to_string_lossy().into_owned());
                }
            }
        }
    }
    assert!(n_files > 100, "{n_files} files were looked at");
    readers.sort();
    readers.retain(|reader| !READERS.contains(&reader.as_str()));
    assert_eq!(readers, Vec::<String>::new());
}
