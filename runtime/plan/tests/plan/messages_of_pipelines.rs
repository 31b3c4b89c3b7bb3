//! What is said of how sources, steps and sinks go together.

use insta::assert_snapshot;

use crate::world::messages;

const SOURCE: &str = "pipeline.name = \"churn\"\nsources.customers.path = \"customers.csv\"\n";

fn check(text: &str) -> String {
    messages(&format!("{SOURCE}{text}"))
}

#[test]
fn an_unknown_input_is_an_error_with_the_names_there_are() {
    assert_snapshot!(check("
[steps.clean]
uses = 'std/select'
input = 'customer'
[sinks.result]
input = 'claen'
path = 'out.csv'
[sinks.other]
input = 'result'
path = 'other.csv'
"), @r"
        error[unknown_input] pipeline.toml:6:9: step `clean` reads `customer`, but no source or step is called `customer`; valid inputs: `customers`
          hint: did you mean `customers`?
        error[unknown_input] pipeline.toml:8:9: sink `result` reads `claen`, but no source or step is called `claen`; valid inputs: `customers`, `clean`
          hint: did you mean `clean`?
        error[unknown_input] pipeline.toml:11:9: sink `other` reads `result`, but no source or step is called `result`; valid inputs: `customers`, `clean`
          hint: `result` is a sink, which cannot be read
        ");
}

#[test]
fn an_unknown_port_is_an_error_with_the_ports_there_are() {
    assert_snapshot!(check("
[steps.split]
uses = 'std/split'
input = 'customers.rows'
[sinks.train]
input = 'split.trian'
path = 'train.csv'
[steps.clean]
uses = 'std/select'
input = 'split.test'
[sinks.clean]
input = 'clean.result'
path = 'clean.csv'
"), @r"
        error[unknown_port] pipeline.toml:6:9: step `split` reads `customers.rows`, but `customers` is a source and has no port `rows`
          hint: write `customers`
        error[unknown_port] pipeline.toml:8:9: sink `train` reads `split.trian`, but step `split` has no output port `trian`; valid ports: `train`, `test`
          hint: did you mean `train`?
        error[unknown_port] pipeline.toml:14:9: sink `clean` reads `clean.result`, but step `clean` has no output port `result`; valid ports: `output`
          hint: write `clean`
        ");
}

#[test]
fn a_cycle_is_named_by_its_path() {
    assert_snapshot!(check("
[steps.a]
uses = 'std/join'
input = { left = 'customers', right = 'c' }
[steps.b]
uses = 'std/select'
input = 'a'
[steps.c]
uses = 'std/select'
input = 'b'
[steps.after]
uses = 'std/select'
input = 'c'
[steps.self]
uses = 'std/select'
input = 'self'
[sinks.result]
input = 'after'
path = 'out.csv'
"), @r"
        error[cycle] pipeline.toml:6:39: steps feed each other in a cycle: `a` -> `b` -> `c` -> `a`
          at pipeline.toml:6:39: `'c'` feeds `a`
          at pipeline.toml:9:9: `'a'` feeds `b`
          at pipeline.toml:12:9: `'b'` feeds `c`
          hint: let one of them read from a source or from a step outside of the cycle
        error[cycle] pipeline.toml:18:9: step `self` reads its own output
          at pipeline.toml:18:9: `'self'` feeds `self`
          hint: let one of them read from a source or from a step outside of the cycle
        ");
}

#[test]
fn what_nobody_reads_is_an_error() {
    assert_snapshot!(check("
[sources.orders]
path = 'orders.csv'
[steps.clean]
uses = 'std/select'
input = 'customers'
[sinks.result]
input = 'customers'
path = 'out.csv'
"), @r#"
        error[unread] pipeline.toml:4:10: nothing reads source `orders`
          hint: remove it, or read it in a step or a sink: `input = "orders"`
        error[unread] pipeline.toml:6:8: nothing reads step `clean`
          hint: remove it, or read it in a step or a sink: `input = "clean"`
        "#);
}

#[test]
fn an_output_port_that_nobody_reads_is_a_warning() {
    assert_snapshot!(check("
[steps.split]
uses = 'std/split'
input = 'customers'
[sinks.result]
input = 'split.test'
path = 'out.csv'
"), @r#"
        warning[unread_port] pipeline.toml:4:8: nothing reads output port `train` of step `split`: its rows are dropped
          hint: read it in a step or a sink: `input = "split.train"`
        "#);
}

#[test]
fn a_pipeline_needs_a_sink() {
    assert_snapshot!(check("
[steps.clean]
uses = 'std/select'
input = 'customers'
"), @r"
        error[no_sinks] pipeline.toml:1:17: the pipeline has no sink: its result would go nowhere
          hint: add one: `[sinks.result]` with `input` and `path`
        ");
}

#[test]
fn two_sinks_cannot_write_one_file() {
    assert_snapshot!(check("
[sinks.a]
input = 'customers'
path = 'out/result.csv'
[sinks.b]
input = 'customers'
path = './out/../out/result.csv'
[sinks.c]
input = 'customers'
path = '-'
[sinks.d]
input = 'customers'
path = '-'
"), @r"
        error[two_writers] pipeline.toml:9:8: sink `b` writes to `./out/../out/result.csv`, and so does sink `a`
          at pipeline.toml:6:8: `'out/result.csv'` is the other one
          hint: give each sink a path of its own
        error[two_writers] pipeline.toml:15:8: sink `d` writes to standard output, and so does sink `c`
          at pipeline.toml:12:8: `'-'` is the other one
          hint: give each sink a path of its own
        ");
}

#[test]
fn a_sink_cannot_overwrite_a_source() {
    assert_snapshot!(check("
[sources.others]
path = ['data/*.csv', 'parts']
[sinks.a]
input = 'customers'
path = './customers.csv'
[sinks.b]
input = 'others'
path = 'data/out.csv'
[sinks.c]
input = 'others'
path = 'parts/out.parquet'
[sinks.d]
input = 'others'
path = 'data/deeper/out.csv'
"), @r#"
        error[overwrites_source] pipeline.toml:8:8: sink `a` would overwrite `./customers.csv`, which source `customers` reads
          at pipeline.toml:2:26: `"customers.csv"` is read here
          hint: write to another file
        warning[sink_feeds_source] pipeline.toml:11:8: sink `b` writes `data/out.csv` where source `others` reads: the next run would read it, too
          at pipeline.toml:5:9: `'data/*.csv'` is read here
          hint: write to another folder
        warning[sink_feeds_source] pipeline.toml:14:8: sink `c` writes `parts/out.parquet` where source `others` reads: the next run would read it, too
          at pipeline.toml:5:23: `'parts'` is read here
          hint: write to another folder
        "#);
}

#[test]
fn a_folder_of_parts_has_nothing_else_in_it() {
    assert_snapshot!(check("
[sources.others]
path = 'data/more/*.csv'
[sinks.a]
input = 'customers'
path = 'out/'
[sinks.b]
input = 'customers'
path = 'out/parts/b.csv'
[sinks.c]
input = 'others'
path = './data/'
[sinks.d]
input = 'others'
path = 'out'
[sinks.e]
input = 'others'
path = 'outer/'
"), @"
    error[two_writers] pipeline.toml:11:8: sink `b` writes `out/parts/b.csv` into the folder that sink `a` replaces as a whole
      at pipeline.toml:8:8: `'out/'` is the folder
      hint: give each sink a place of its own
    error[overwrites_source] pipeline.toml:14:8: sink `c` would replace the folder `./data/`, in which source `others` reads
      at pipeline.toml:5:8: `'data/more/*.csv'` is read here
      hint: write to another folder
    error[two_writers] pipeline.toml:17:8: sink `d` writes to `out`, and so does sink `a`
      at pipeline.toml:8:8: `'out/'` is the other one
      hint: give each sink a path of its own
    ");
}

#[test]
fn what_a_sink_does_with_what_is_there_is_one_of_few_words() {
    let sink = |settings: &str| {
        check(&format!(
            "[sinks.a]\ninput = 'customers'\npath = 'out/'\n{settings}\n"
        ))
    };
    assert_snapshot!(sink("mode = 'apend'"), @"
    error[invalid_value] pipeline.toml:6:8: `sinks.a.mode` cannot be `apend`; valid values: `overwrite`, `append`, `overwrite-partitions`, `error`
      hint: did you mean `append`?
    ");
    assert_snapshot!(sink("mode = true"), @r#"error[wrong_type] pipeline.toml:6:8: `sinks.a.mode` must be one of `"overwrite"`, `"append"`, `"overwrite-partitions"`, `"error"`, not a boolean"#);
    assert_snapshot!(sink("rows_per_file = 0"), @"error[out_of_bounds] pipeline.toml:6:17: `sinks.a.rows_per_file` must be at least 1, not 0");
    assert_snapshot!(sink("rows_per_file = '1k'"), @"error[wrong_type] pipeline.toml:6:17: `sinks.a.rows_per_file` must be an integer, not a string");
    assert_snapshot!(sink("partition_by = 'country'"), @r#"
    error[wrong_type] pipeline.toml:6:16: `sinks.a.partition_by` must be an array of strings, not a string
      hint: write it in brackets: `["country"]`
    "#);
    assert_snapshot!(sink("partition_by = ['id', 5]"), @r#"
    error[wrong_type] pipeline.toml:6:23: `sinks.a.partition_by[1]` must be a string, not an integer
      hint: write it in quotes: `"5"`
    "#);
    assert_snapshot!(sink("max_partitions = -1"), @"error[out_of_bounds] pipeline.toml:6:18: `sinks.a.max_partitions` must be at least 1, not -1");
    assert_snapshot!(sink("partitionby = ['id']"), @"
    error[unknown_key] pipeline.toml:6:1: `sinks.a` has no key `partitionby`; valid keys: `path`, `mode`, `format`, `compression`, `csv`, `rows_per_file`, `partition_by`, `max_partitions`, `input`
      hint: did you mean `partition_by`?
    ");
}

#[test]
fn standard_input_is_read_once() {
    assert_snapshot!(messages("
pipeline.name = 'a'
sources.a.path = '-'
sources.b.path = ['x.csv', '-']
sinks.a = { input = 'a', path = 'a.csv' }
sinks.b = { input = 'b', path = 'b.csv' }
"), @r"
        error[two_readers] pipeline.toml:4:28: source `b` reads standard input, which source `a` reads already
          at pipeline.toml:3:18: `'-'` is the other one
          hint: standard input can be read once; let several steps read one source instead
        ");
}

#[test]
fn every_input_port_needs_an_input() {
    assert_snapshot!(check("
[steps.a]
uses = 'std/join'
input = 'customers'
[steps.b]
uses = 'std/join'
input = { left = 'customers' }
[steps.c]
uses = 'std/join'
input = { left = 'customers', rihgt = 'customers' }
[steps.d]
uses = 'std/select'
input = ['customers', 'a']
[sinks.result]
input = 'd'
path = 'out.csv'
[sinks.b]
input = 'b'
path = 'b.csv'
[sinks.c]
input = 'c'
path = 'c.csv'
"), @r#"
        error[missing_input] pipeline.toml:6:9: step `a` needs an input for port `right`
          hint: write `input = { left = "…", right = "…" }`
        error[missing_input] pipeline.toml:9:9: step `b` needs an input for port `right`
          hint: write `input = { left = "…", right = "…" }`
        error[unknown_port] pipeline.toml:12:31: step `c` has no input port `rihgt`; valid ports: `left`, `right`
          hint: did you mean `right`?
        error[surplus_input] pipeline.toml:15:23: step `d` has only one input port (`input`): nothing takes `a`
        "#);
}

#[test]
fn problems_of_sources_and_sinks_are_shown_at_their_values() {
    assert_snapshot!(messages("
pipeline.name = 'a'
[sources.a]
path = 'missing.csv'
[sources.b]
path = 'typed.csv'
types = { id = 'int64', age = 'int8' }
[sources.c]
path = 'customers.csv'
[steps.list]
uses = 'std/list'
input = 'c'
[sinks.a]
input = 'a'
path = 'a.csv'
[sinks.b]
input = 'b'
path = 'b.csv'
[sinks.c]
input = 'c'
path = 'c.xlsx'
[sinks.d]
input = 'list'
path = 'd.csv'
format = 'csv'
"), @r#"
        error[source_not_found] pipeline.toml:4:8: source `a`: there is no file `missing.csv`
          hint: the folder has `customers.csv` and `orders.csv`
        error[unknown_column] pipeline.toml:7:31: source `b`: the file has no column `age`
        error[unknown_format] pipeline.toml:21:8: sink `c`: `c.xlsx` has no known format
          hint: give one: `format = "csv"`
        error[unwritable_column] pipeline.toml:25:10: sink `d`: CSV cannot hold column `items`
        "#);
}

#[test]
fn problems_of_models_are_shown_at_their_paths() {
    assert_snapshot!(check("
[models]
churn = 'missing.onnx'
unused = { path = 'unused.onnx' }
broken = 5
[steps.score]
uses = 'std/predict'
input = 'customers'
with = { model = 'churn' }
allow = { models = ['churn', 'broken'] }
[sinks.result]
input = 'score'
path = 'out.csv'
"), @r#"
        error[model_not_found] pipeline.toml:5:9: model `churn`: there is no file `missing.onnx`
        warning[unused_model] pipeline.toml:6:1: model `unused` is granted to no step
          hint: grant it in a step: `allow = { models = ["unused"] }`
        error[wrong_type] pipeline.toml:7:10: `models.broken` must be a string or a table, not an integer
        "#);
}

#[test]
fn what_depends_on_something_broken_is_not_reported_again() {
    assert_snapshot!(check("
[sources.orders]
pth = 'orders.csv'
[steps.clean]
uses = 'std/impute'
input = 'customers'
with = { columns = 'tenure' }
[steps.join]
uses = 'std/join'
input = ['clean', 'orders']
[steps.last]
uses = 'std/select'
input = 'join.output'
with = { columns = ['nonsense'] }
[sinks.result]
input = 'last'
path = 'out.csv'
"), @r#"
    error[unknown_key] pipeline.toml:5:1: `sources.orders` has no key `pth`; valid keys: `path`, `format`, `compression`, `types`, `csv`, `sample_rows`
      hint: did you mean `path`?
    error[wrong_type] pipeline.toml:9:20: parameter `columns` of step `clean` must be an array of strings, not a string
      hint: write it in brackets: `["tenure"]`
    "#);
}
