//! What holds for every file.

use stepwell_tidy::{assert_none, files, text};

/// More lines than this are several files in one.
const MAX_LINES: usize = 800;

/// Whether people write the file by hand.
fn is_written_by_hand(file: &str) -> bool {
    let extensions = [
        ".rs",
        ".md",
        ".toml",
        ".wit",
        ".py",
        ".case",
        ".sh",
        ".yml",
        ".template",
    ];
    extensions.iter().any(|extension| file.ends_with(extension)) || file.starts_with(".ci/")
}

fn is_test(file: &str) -> bool {
    file.starts_with("tests/") || file.contains("/tests/")
}

/// Code that is part of a library: it neither prints nor exits.
fn is_library(file: &str) -> bool {
    file.ends_with(".rs")
        && file.contains("/src/")
        && !is_test(file)
        && !file.starts_with("xtask/")
        && !file.starts_with("runtime/cli/")
}

#[test]
fn files_are_short_enough_to_be_read() {
    let mut findings = Vec::new();
    for file in files() {
        if !file.ends_with(".rs") || is_test(&file) {
            continue;
        }
        let lines = text(&file).unwrap_or_default().lines().count();
        if lines > MAX_LINES {
            findings.push(format!("{file}: {lines} lines, at most {MAX_LINES}"));
        }
    }
    assert_none(&findings);
}

#[test]
fn nothing_is_left_for_later_and_no_machine_is_named() {
    // In pieces, or this file would find itself.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("todo", "!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/tmp/", "brief"),
        concat!("/ho", "me/user"),
    ];
    let mut findings = Vec::new();
    for file in files() {
        if !is_written_by_hand(&file) {
            continue;
        }
        for (number, line) in text(&file).unwrap_or_default().lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                findings.push(format!("{file}:{}: `{word}`", number + 1));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn only_the_command_line_prints_or_exits() {
    let calls = [
        "println!(",
        "print!(",
        "eprintln!(",
        "eprint!(",
        "process::exit(",
    ];
    let mut findings = Vec::new();
    for file in files().into_iter().filter(|file| is_library(file)) {
        let text = text(&file).unwrap_or_default();
        // Tests inside of a file come last.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.trim_start();
            if !line.starts_with("//") && calls.iter().any(|call| line.contains(call)) {
                findings.push(format!("{file}:{}: {line}", number + 1));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn text_ends_with_a_line_and_lines_end_without_spaces() {
    let mut findings = Vec::new();
    for file in files() {
        let Some(text) = text(&file).filter(|_| is_written_by_hand(&file)) else {
            continue;
        };
        if !text.is_empty() && !text.ends_with('\n') {
            findings.push(format!("{file}: no line break at the end"));
        }
        // Two spaces at the end of a line are a line break in Markdown.
        let is_wrong = |line: &str| line.ends_with([' ', '\t', '\r']) && !file.ends_with(".md");
        if let Some(number) = text.lines().position(is_wrong) {
            findings.push(format!("{file}:{}: spaces at the end", number + 1));
        }
    }
    assert_none(&findings);
}

#[test]
fn every_standard_step_has_a_page_and_cases() {
    let files = files();
    let steps = files.iter().filter_map(|file| {
        let step = file.strip_prefix("steps/")?.strip_suffix("/Cargo.toml")?;
        text(file)?.contains("cdylib").then_some(step)
    });
    let mut findings = Vec::new();
    let mut count = 0;
    for step in steps {
        count += 1;
        if !files.contains(&format!("steps/{step}/README.md")) {
            findings.push(format!("steps/{step}: no README.md"));
        }
        let cases = format!("steps/{step}/cases/");
        if !files
            .iter()
            .any(|file| file.starts_with(&cases) && file.ends_with(".case"))
        {
            findings.push(format!("steps/{step}: no cases"));
        }
    }
    assert!(count > 0, "there are standard steps");
    assert_none(&findings);
}
