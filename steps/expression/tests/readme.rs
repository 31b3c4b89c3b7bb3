//! The reference names every function.

#[test]
fn the_readme_describes_every_function() {
    let readme = include_str!("../README.md");
    for function in stepwell_expression::functions() {
        let start = format!(
            "| `{}` | {}",
            function.usage,
            function.summary.replace('|', "\\|")
        );
        assert!(readme.contains(&start), "README.md lacks `{start}`");
        for name in function.names {
            assert!(
                readme.contains(&format!("`{name}")),
                "README.md does not tell of `{name}`"
            );
        }
    }
}
