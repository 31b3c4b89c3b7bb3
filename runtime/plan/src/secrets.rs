//! How secrets stand in a plan: as `${secret:NAME}`, never as their values.
//!
//! A plan can be shown, compared and kept; whoever opens a step puts the values in with
//! [`fill_secrets`]. Text that only looks like a secret, because it came from a variable or was escaped,
//! is marked when the file is read, so that nothing from outside can ask for a secret.

/// What a secret begins with.
const OPENING: &str = "${secret:";

/// What stands for [`OPENING`] as text; no secret can have this name.
const ESCAPED: &str = "${secret:$}";

/// Text that is no secret, as it stands in a plan.
pub(crate) fn escape(text: &str) -> String {
    text.replace(OPENING, ESCAPED)
}

/// Puts the values of secrets into a text of a plan.
///
/// ```
/// use stepwell_plan::fill_secrets;
///
/// let value = |name: &str| (name == "KEY").then_some("xyzzy");
/// assert_eq!(fill_secrets("Bearer ${secret:KEY}", value)?, "Bearer xyzzy");
/// assert_eq!(fill_secrets("${secret:NO}", value), Err("NO".to_owned()));
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// The name of a secret that has no value.
pub fn fill_secrets<'v>(
    text: &str,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(OPENING) {
        filled.push_str(&rest[..start]);
        let inside = &rest[start + OPENING.len()..];
        let Some(end) = inside.find('}') else {
            rest = &rest[start..];
            break;
        };
        match &inside[..end] {
            "$" => filled.push_str(OPENING),
            name => filled.push_str(value(name).ok_or_else(|| name.to_owned())?),
        }
        rest = &inside[end + 1..];
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_that_is_escaped_comes_back_and_asks_for_no_secret(
            text in "(\\$|\\{|\\}|secret:|\\$\\{secret:|A|é){0,12}"
        ) {
            let filled = fill_secrets(&escape(&text), |_| None);
            prop_assert_eq!(filled, Ok(text));
        }
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        let value = |_: &str| Some("${secret:B}");
        let filled = fill_secrets("a ${secret:A} b", value);
        assert_eq!(filled.as_deref(), Ok("a ${secret:B} b"));
    }
}
