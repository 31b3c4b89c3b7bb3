//! Arguments that cannot be used.

use crate::support::{Sandbox, assert_fails};

/// Runs the command on the usual pipeline with one argument more, which must be refused.
macro_rules! refused {
    ($test:ident, $($argument:expr),+) => {
        #[test]
        fn $test() {
            let ran = Sandbox::new().fail(["run", "pipeline.toml", $($argument),+]);
            assert_eq!(ran.code, Some(2), "{}", ran.text());
            assert_fails!(ran);
        }
    };
}

refused!(a_flag_that_does_not_exist, "--dryrun");
refused!(a_limit_that_is_no_number, "--limit", "ten");
refused!(no_threads, "--threads", "0");
refused!(quiet_json, "--json", "--quiet");
refused!(a_parameter_without_a_value, "--param", "same.by");
refused!(
    a_parameter_of_a_step_that_is_not_there,
    "--param",
    "sane.by=read"
);
refused!(
    a_parameter_that_the_step_does_not_have,
    "--param",
    "same.buy=read"
);
refused!(
    a_parameter_of_the_pipeline_that_is_not_there,
    "--param",
    "year=2024"
);
refused!(
    a_value_that_the_parameter_does_not_take,
    "--param",
    "same.by=reed"
);
refused!(
    a_setting_of_a_source_that_is_not_there,
    "--set",
    "sources.custmers.path=x.csv"
);
refused!(
    a_setting_of_a_key_that_is_not_there,
    "--set",
    "sources.customers.pth=x.csv"
);
refused!(
    a_setting_of_a_section_that_is_not_there,
    "--set",
    "source.customers.path=x.csv"
);

#[test]
fn a_command_that_does_not_exist() {
    assert_fails!(Sandbox::empty().fail(["rum", "pipeline.toml"]));
}

#[test]
fn a_pipeline_file_that_is_not_there() {
    for command in ["run", "check", "explain"] {
        let ran = Sandbox::new().fail([command, "pipelin.toml"]);
        assert_eq!(ran.code, Some(2));
        insta::allow_duplicates! { assert_fails!(ran) };
    }
}

#[test]
fn a_pipeline_file_that_is_a_folder() {
    assert_fails!(Sandbox::new().fail(["check", "."]));
}
