//! Alternatives: what a person may have meant, and what there is.

/// How many alternatives are listed before the rest is only counted.
const LISTED: usize = 12;

/// The candidate that is most like the name, where one is like it enough to be a slip of the
/// fingers.
pub(crate) fn closest<S: AsRef<str>>(name: &str, candidates: &[S]) -> Option<String> {
    let best = by_similarity(name, candidates).into_iter().next()?;
    (best.0 >= 0.65).then(|| best.1.to_owned())
}

/// `did you mean …?`, where a candidate is close enough.
pub(crate) fn did_you_mean<S: AsRef<str>>(name: &str, candidates: &[S]) -> Option<String> {
    closest(name, candidates).map(|closest| format!("did you mean `{closest}`?"))
}

/// `` ; valid keys: `a`, `b` ``, to be put after a message. What is like the name comes first where
/// there are many. `none` is said where there is nothing to list.
pub(crate) fn valid<S: AsRef<str>>(name: &str, kind: &str, candidates: &[S]) -> String {
    if candidates.is_empty() {
        return format!("; there are no {kind}");
    }
    if candidates.len() <= LISTED {
        return format!("; valid {kind}: {}", list(candidates));
    }
    let nearest: Vec<&str> = by_similarity(name, candidates)
        .into_iter()
        .take(LISTED)
        .map(|(_, candidate)| candidate)
        .collect();
    let more = candidates.len() - nearest.len();
    format!("; valid {kind}: {} and {more} more", list(&nearest))
}

/// Names in backticks, separated by commas; what goes beyond a dozen is counted.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(LISTED)
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The candidates with how much they are like the name (0 to 1), the most alike first.
fn by_similarity<'a, S: AsRef<str>>(name: &str, candidates: &'a [S]) -> Vec<(f64, &'a str)> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let wanted = plain(name);
    let mut scored: Vec<(f64, &str)> = candidates
        .iter()
        .map(|candidate| {
            let candidate = candidate.as_ref();
            let plain = plain(candidate);
            let mut score = strsim::normalized_damerau_levenshtein(&wanted, &plain);
            // `charges` for `total_charges` is no slip of the fingers, but most likely what is
            // meant.
            if wanted.len() >= 3
                && (plain.contains(&wanted) || (plain.len() >= 3 && wanted.contains(&plain)))
            {
                score = score.max(0.7);
            }
            (score, candidate)
        })
        .collect();
    // A stable sort: what is equally alike stays in its order.
    scored.sort_by(|left, right| right.0.total_cmp(&left.0));
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_what_was_meant_and_a_stranger_finds_nothing() {
        let names = ["path", "format", "compression", "total_charges"];
        let check = |name: &str, expect: Option<&str>| {
            assert_eq!(closest(name, &names).as_deref(), expect, "{name}");
        };
        check("pth", Some("path"));
        check("Format", Some("format"));
        check("compresion", Some("compression"));
        check("charges", Some("total_charges"));
        check("TotalCharges", Some("total_charges"));
        check("zebra", None);
    }

    #[test]
    fn a_long_list_shows_what_is_most_alike_and_counts_the_rest() {
        let names: Vec<String> = (0..40).map(|number| format!("column_{number}")).collect();
        let text = valid("column_39x", "columns", &names);
        assert!(text.starts_with("; valid columns: `column_39`"), "{text}");
        assert!(text.ends_with("and 28 more"), "{text}");
    }
}
