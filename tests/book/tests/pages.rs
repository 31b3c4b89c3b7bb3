//! What pages say must be so.

use stepwell_plan::{Diagnostic, ParseOptions, PipelineFile, PlanError};
use stepwell_tidy::{assert_none, files, root, text};

/// Pages in Markdown that people write.
fn pages() -> Vec<(String, String)> {
    let files = files()
        .into_iter()
        .filter(|file| file.ends_with(".md") && !file.contains("/templates/"));
    files
        .filter_map(|file| Some((file.clone(), text(&file)?)))
        .collect()
}

/// Blocks of code in a language: the line that each begins on, and its text.
fn blocks(page: &str, language: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, bool, String)> = None;
    for (at, line) in page.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(about)) => {
                let is_wanted = about.split([',', ' ']).next() == Some(language);
                open = Some((at + 2, is_wanted, String::new()));
            }
            (Some(_), Some(_)) => {
                if let Some((start, true, text)) = open.take() {
                    blocks.push((start, text));
                }
            }
            (Some((_, _, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Whether a snippet of TOML is a pipeline file or some of its tables.
fn is_pipeline(snippet: &str) -> bool {
    let tables = [
        "[pipeline]",
        "[sources.",
        "[steps.",
        "[sinks.",
        "[models]",
        "[parameters.",
    ];
    snippet
        .lines()
        .any(|line| tables.iter().any(|table| line.starts_with(table)))
}

#[test]
fn pipelines_in_pages_are_read_without_an_error() {
    let mut findings = Vec::new();
    let mut count = 0;
    for (page, text) in pages() {
        for (line, snippet) in blocks(&text, "toml")
            .into_iter()
            .filter(|(_, text)| is_pipeline(text))
        {
            count += 1;
            // A page may show only the tables and the keys that it is about.
            let is_whole = snippet.contains("[pipeline]");
            let whole = if is_whole {
                snippet
            } else {
                format!("{snippet}\n[pipeline]\nname = \"snippet\"\n")
            };
            let options = ParseOptions {
                environment: std::env::vars().collect(),
                ..ParseOptions::default()
            };
            if let Err(PlanError::InvalidPipeline { diagnostics, .. }) =
                PipelineFile::parse(&whole, &page, &options)
            {
                let is_wrong = |diagnostic: &&Diagnostic| {
                    diagnostic.is_error() && (is_whole || diagnostic.code != "missing_key")
                };
                for diagnostic in diagnostics.iter().filter(is_wrong) {
                    findings.push(format!("{page}:{line}: {}", diagnostic.message));
                }
            }
        }
    }
    assert!(count > 0, "pages show pipelines");
    assert_none(&findings);
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut findings = Vec::new();
    for (page, text) in pages() {
        let folder = root().join(&page);
        let folder = folder.parent().expect("a page is in a folder").to_owned();
        let mut in_code = false;
        for (at, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            if in_code {
                continue;
            }
            for link in line.split("](").skip(1) {
                let target = link.split([')', '#', ' ']).next().unwrap_or_default();
                let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
                if !target.is_empty() && !is_elsewhere && !folder.join(target).exists() {
                    findings.push(format!("{page}:{}: `{target}`", at + 1));
                }
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let summary = text("docs/SUMMARY.md").expect("the summary is text");
    let pages = files().into_iter().filter_map(|file| {
        let page = file.strip_prefix("docs/")?;
        (page.ends_with(".md") && page != "SUMMARY.md").then(|| page.to_owned())
    });
    let findings: Vec<String> = pages
        .filter(|page| {
            !summary.contains(&format!("({page})")) && !summary.contains(&format!("(./{page})"))
        })
        .map(|page| format!("docs/{page} is in no chapter"))
        .collect();
    assert_none(&findings);
}
