//! Patterns of names.

/// A pattern of names: `*` stands for any text, `?` for any character.
pub(crate) struct Pattern(Vec<char>);

impl Pattern {
    /// `None` for a plain name.
    pub(crate) fn new(text: &str) -> Option<Self> {
        text.contains(['*', '?'])
            .then(|| Self(text.chars().collect()))
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        // Which starts of the pattern match the name so far.
        let mut matched = vec![false; self.0.len() + 1];
        matched[0] = true;
        self.skip_stars(&mut matched);
        for character in name.chars() {
            let mut next = vec![false; self.0.len() + 1];
            for (position, part) in self
                .0
                .iter()
                .enumerate()
                .filter(|(position, _)| matched[*position])
            {
                match part {
                    '*' => next[position] = true,
                    part if *part == '?' || *part == character => next[position + 1] = true,
                    _ => {}
                }
            }
            self.skip_stars(&mut next);
            matched = next;
        }
        matched[self.0.len()]
    }

    /// A star may stand for nothing.
    fn skip_stars(&self, matched: &mut [bool]) {
        for (position, _) in self.0.iter().enumerate().filter(|(_, part)| **part == '*') {
            if matched[position] {
                matched[position + 1] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        let check = |pattern, name| Pattern::new(pattern).unwrap().matches(name);
        assert!(check("*", ""));
        assert!(check("a*", "a"));
        assert!(check("*_id", "customer_id"));
        assert!(check("a*b*c", "a-b-b-c"));
        assert!(check("?", "ü"));
        assert!(!check("?", ""));
        assert!(!check("a*c", "ab"));
        assert!(!check("*_id", "customer_id_2"));
        assert!(Pattern::new("plain").is_none());
    }
}
