//! Text that came from elsewhere, made fit for a terminal.

/// Escapes control characters: a step or a file must not be able to steer the terminal. Line breaks stay.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) && character != '\n' {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// As [`safe`], on one line.
pub(crate) fn safe_line(text: &str) -> String {
    safe(text).replace('\n', "\\n")
}

/// Text of the operating system's errors without their numbers: `No such file or directory (os error 2)`.
pub(crate) fn without_error_number(text: &str) -> &str {
    match text.rsplit_once(" (os error ") {
        Some((words, number)) if number.ends_with(')') => words,
        _ => text,
    }
}

/// Control characters, and those that change the direction of text.
fn is_unsafe(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Cuts a text into lines of at most `width` characters, at spaces; what has none stays whole. Line breaks stay.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let words = paragraph.trim_start();
        let mut line = paragraph[..paragraph.len() - words.len()].to_owned();
        let mut is_empty = true;
        for word in words.split(' ') {
            let length = console::measure_text_width(&line) + 1 + console::measure_text_width(word);
            if length > width && !is_empty {
                lines.push(std::mem::take(&mut line));
            } else if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        lines.push(line);
    }
    lines
}

/// `` `a`, `b`, `c` and 3 more ``.
pub(crate) fn names<S: AsRef<str>>(names: &[S], at_most: usize) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(at_most)
        .map(|name| format!("`{}`", safe_line(name.as_ref())))
        .collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(at_most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(safe("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\nc");
        assert_eq!(safe_line("a\nb\u{202e}"), "a\\nb\\u{202e}");
    }

    #[test]
    fn lines_are_cut_at_spaces() {
        assert_eq!(wrap("one two three\nfour", 8), ["one two", "three", "four"]);
        assert_eq!(wrap("  indented text", 20), ["  indented text"]);
        assert_eq!(wrap("immeasurable word", 5), ["immeasurable", "word"]);
    }
}
