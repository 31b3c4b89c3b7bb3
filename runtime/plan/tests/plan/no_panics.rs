//! Whatever is written in a pipeline file or on the command line, the answer is a message.

use proptest::prelude::*;
use stepwell_plan::{Overrides, ParseOptions};

use crate::world::checked;

/// Lines that are mostly right, so that the parts behind the parser are reached as well.
fn line() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("a"),
        Just("b"),
        Just("customers"),
        Just("split.test"),
        Just("Ü"),
        Just("-")
    ];
    let key = prop_oneof![
        Just("name"),
        Just("path"),
        Just("uses"),
        Just("input"),
        Just("with"),
        Just("allow"),
        Just("limits"),
        Just("types"),
        Just("columns"),
        Just("models"),
        Just("default"),
        Just("type"),
        Just("\"\""),
    ];
    let value = prop_oneof![
        Just("'customers.csv'".to_owned()),
        Just("'a'".to_owned()),
        Just("'b'".to_owned()),
        Just("5".to_owned()),
        Just("['a', 'customers']".to_owned()),
        Just("{ left = 'a', right = 'b.test' }".to_owned()),
        Just("'std/select'".to_owned()),
        Just("'std/split'".to_owned()),
        Just("'std/join@0.1'".to_owned()),
        Just("{ columns = ['id'], models = ['a'] }".to_owned()),
        Just("1.5".to_owned()),
        Just("1979-05-27".to_owned()),
        Just("'${param:a}'".to_owned()),
        Just("'integer'".to_owned()),
        any::<String>().prop_map(|text| format!("{text:?}")),
        Just("'$${'".to_owned()),
        Just("[[{ x = ['é'] }]]".to_owned()),
    ];
    let section = prop_oneof![
        Just("sources"),
        Just("steps"),
        Just("sinks"),
        Just("models"),
        Just("parameters"),
        Just("pipeline"),
    ];
    prop_oneof![
        2 => (section, name.clone()).prop_map(|(section, name)| format!("[{section}.{name}]")),
        1 => Just("[pipeline]".to_owned()),
        6 => (key.clone(), value.clone()).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => (name, key, value).prop_map(|(name, key, value)| format!("steps.{name}.{key} = {value}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_arbitrary_text_is_read_or_refused(text in any::<String>()) {
        checked(&text, &ParseOptions::default());
    }

    #[test]
    fn an_arbitrary_pipeline_is_read_or_refused(lines in prop::collection::vec(line(), 0..20), argument in any::<String>()) {
        let options = ParseOptions {
            overrides: Overrides::new().param(argument.clone()).set(argument),
            ..ParseOptions::default()
        };
        for diagnostic in checked(&lines.join("\n"), &options).diagnostics {
            // Every place must be one that can be shown.
            let shown = diagnostic.to_string();
            prop_assert!(!shown.is_empty());
            for label in &diagnostic.labels {
                prop_assert!(label.span.source.text.get(label.span.range.clone()).is_some(), "{label:?}");
            }
        }
    }
}
