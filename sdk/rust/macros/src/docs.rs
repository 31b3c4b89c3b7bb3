//! Doc comments as summary and documentation.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// What a doc comment says.
#[derive(Default)]
pub(crate) struct Docs {
    /// The first paragraph, on one line.
    pub(crate) summary: String,
    /// The rest, Markdown.
    pub(crate) documentation: String,
}

impl Docs {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let lines: Vec<String> = attributes
            .iter()
            .filter_map(line)
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let lines = unindent(&lines);
        let start = lines
            .iter()
            .position(|line| !line.trim().is_empty())
            .unwrap_or(lines.len());
        let end = lines[start..]
            .iter()
            .position(|line| line.trim().is_empty())
            .map_or(lines.len(), |length| start + length);
        let summary = lines[start..end]
            .iter()
            .map(|line| line.trim())
            .collect::<Vec<_>>()
            .join(" ");
        let documentation = lines[end..].join("\n").trim().to_owned();
        Self {
            summary,
            documentation,
        }
    }
}

pub(crate) fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

/// The text of one `#[doc = "…"]`, which is a line of `///` or all of `/** */`.
fn line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(doc) = &attribute.meta else {
        return None;
    };
    match &doc.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if is_doc(attribute) => Some(match text.value() {
            // An empty comment line has no lines otherwise.
            empty if empty.is_empty() => "\n".to_owned(),
            text => text,
        }),
        _ => None,
    }
}

/// Takes away the space that every line starts with.
fn unindent(lines: &[String]) -> Vec<String> {
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = filled
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or("").trim_end().to_owned())
        .collect()
}
