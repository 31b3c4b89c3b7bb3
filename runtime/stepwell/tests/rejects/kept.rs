//! What is kept of rejected rows.

use insta::assert_snapshot;
use stepwell::arrow::array::cast::AsArray;

use crate::support::{ROWS, World, all_but, collector, host, numbers, run};

#[test]
fn rows_are_kept_with_what_they_were_and_where_they_came_from() {
    let (rejects, out, summary) = run("rejects = 'rejects.csv'
        [steps.last]\npath = 'picky.wasm'\ninput = 'numbers'
        with = { column = 'n', refuse = [3, 17, 40], doubt = [17, 5] }");
    assert_snapshot!(rejects, @r#"
    last,unwanted,nobody wants it,numbers,numbers.csv,3,"{""n"":3,""name"":""row 3""}","{""n"":3,""name"":""row 3""}"
    last,doubtful,"is it a ""number""?",numbers,numbers.csv,5,"{""n"":5,""name"":""row 5""}","{""n"":5,""name"":""row 5""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,17,"{""n"":17,""name"":""row 17""}","{""n"":17,""name"":""row 17""}"
    last,doubtful,"is it a ""number""?",numbers,numbers.csv,17,"{""n"":17,""name"":""row 17""}","{""n"":17,""name"":""row 17""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,40,"{""n"":40,""name"":""row 40""}","{""n"":40,""name"":""row 40""}"
    "#);
    assert_eq!(numbers(&out), all_but(&[3, 5, 17, 40]));
    let rejects = summary.rejects.unwrap();
    assert_eq!(rejects.rows, 5);
    assert!(rejects.written.unwrap().path.ends_with("rejects.csv"));
    assert_eq!(
        summary.steps[0].rejected["unwanted"],
        (3, "nobody wants it".to_owned())
    );
    assert_eq!(summary.steps[0].rows_rejected, 4, "row 17 counts once");
}

#[test]
fn rows_are_traced_through_steps_that_filter_repeat_and_remake_them() {
    let (rejects, _, _) = run("rejects = 'rejects.csv'
        [steps.fewer]\npath = 'picky.wasm'\ninput = 'numbers'
        with = { column = 'n', leave_out = [1, 2, 3, 20, 21], repeat = [30] }
        [steps.renamed]\nuses = 'std/rename'\ninput = 'fewer'\nwith = { columns = { name = 'title' } }
        [steps.last]\npath = 'picky.wasm'\ninput = 'renamed'
        with = { column = 'n', refuse = [4, 22, 30] }");
    assert_snapshot!(rejects, @r#"
    last,unwanted,nobody wants it,numbers,numbers.csv,4,"{""n"":4,""name"":""row 4""}","{""n"":4,""title"":""row 4""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,22,"{""n"":22,""name"":""row 22""}","{""n"":22,""title"":""row 22""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,30,"{""n"":30,""name"":""row 30""}","{""n"":30,""title"":""row 30""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,30,"{""n"":30,""name"":""row 30""}","{""n"":30,""title"":""row 30""}"
    "#);
}

#[test]
fn rows_that_a_step_made_have_no_source() {
    let (rejects, _, _) = run("rejects = 'rejects.csv'
        [steps.made]\npath = 'picky.wasm'\ninput = 'numbers'\nwith = { column = 'n', make = true }
        [steps.last]\npath = 'picky.wasm'\ninput = 'made'\nwith = { column = 'n', refuse = [4] }");
    assert_snapshot!(rejects, @r#"last,unwanted,nobody wants it,,,,,"{""n"":4}""#);
}

#[test]
fn the_steps_stand_one_after_the_other_whatever_their_threads_do() {
    let (rejects, _, _) = run("rejects = 'rejects.csv'
        [steps.first]\npath = 'picky.wasm'\ninput = 'numbers'\nwith = { column = 'n', refuse = [30, 2] }
        [steps.both]\npath = 'concatenate.wasm'\ninput = ['first', 'numbers']
        [steps.last]\npath = 'picky.wasm'\ninput = 'both'\nwith = { column = 'n', refuse = [1, 40] }");
    assert_snapshot!(rejects, @r#"
    first,unwanted,nobody wants it,numbers,numbers.csv,2,"{""n"":2,""name"":""row 2""}","{""n"":2,""name"":""row 2""}"
    first,unwanted,nobody wants it,numbers,numbers.csv,30,"{""n"":30,""name"":""row 30""}","{""n"":30,""name"":""row 30""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,1,"{""n"":1,""name"":""row 1""}","{""n"":1,""name"":""row 1""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,40,"{""n"":40,""name"":""row 40""}","{""n"":40,""name"":""row 40""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,1,"{""n"":1,""name"":""row 1""}","{""n"":1,""name"":""row 1""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,40,"{""n"":40,""name"":""row 40""}","{""n"":40,""name"":""row 40""}"
    "#);
}

#[test]
fn a_step_with_state_may_refuse_rows_at_the_end_and_they_stand_in_their_order() {
    let (rejects, out, _) = run("rejects = 'rejects.csv'
        [steps.last]\npath = 'picky.wasm'\ninput = 'numbers'
        with = { column = 'n', refuse = [3, 17, 40], late = true }");
    assert_snapshot!(rejects, @r#"
    last,unwanted,nobody wants it,numbers,numbers.csv,3,"{""n"":3,""name"":""row 3""}","{""n"":3,""name"":""row 3""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,17,"{""n"":17,""name"":""row 17""}","{""n"":17,""name"":""row 17""}"
    last,unwanted,nobody wants it,numbers,numbers.csv,40,"{""n"":40,""name"":""row 40""}","{""n"":40,""name"":""row 40""}"
    "#);
    assert_eq!(numbers(&out), all_but(&[3, 17, 40]));
}

#[test]
fn all_columns_of_a_source_are_kept_although_no_step_reads_them_and_no_sink_gets_them() {
    let (rejects, out, _) = run("rejects = 'rejects.csv'
        [steps.one]\nuses = 'std/select'\ninput = 'numbers'\nwith = { keep = ['n'] }
        [steps.last]\npath = 'picky.wasm'\ninput = 'one'\nwith = { column = 'n', refuse = [9] }");
    assert_snapshot!(rejects, @r#"last,unwanted,nobody wants it,numbers,numbers.csv,9,"{""n"":9,""name"":""row 9""}","{""n"":9}""#);
    assert_eq!(out.lines().next(), Some("1"));
}

#[test]
fn the_standard_steps_reject_the_same_rows_in_any_batch() {
    let (rejects, _, _) = run("rejects = 'rejects.csv'
        [steps.text]\nuses = 'std/derive'\ninput = 'numbers'\n[steps.text.with.columns]
        text = \"if(n % 9 == 0, 'nine', if(n % 10 == 0, null, 'x'))\"
        [steps.filled]\nuses = 'std/drop-missing'\ninput = 'text'\nwith = { otherwise = 'reject' }
        [steps.last]\nuses = 'std/cast'\ninput = 'filled'
        with = { columns = { name = 'int64' }, errors = 'reject' }
        max_rejects = '100 %'");
    assert_eq!(rejects.lines().count(), ROWS as usize);
    assert_snapshot!(rejects.lines().take(6).collect::<Vec<_>>().join("\n"), @r#"
    filled,missing,`text` is missing,numbers,numbers.csv,10,"{""n"":10,""name"":""row 10""}","{""n"":10,""name"":""row 10"",""text"":null}"
    filled,missing,`text` is missing,numbers,numbers.csv,20,"{""n"":20,""name"":""row 20""}","{""n"":20,""name"":""row 20"",""text"":null}"
    filled,missing,`text` is missing,numbers,numbers.csv,30,"{""n"":30,""name"":""row 30""}","{""n"":30,""name"":""row 30"",""text"":null}"
    filled,missing,`text` is missing,numbers,numbers.csv,40,"{""n"":40,""name"":""row 40""}","{""n"":40,""name"":""row 40"",""text"":null}"
    last,bad_value,`name` is no `int64`,numbers,numbers.csv,1,"{""n"":1,""name"":""row 1""}","{""n"":1,""name"":""row 1"",""text"":""x""}"
    last,bad_value,`name` is no `int64`,numbers,numbers.csv,2,"{""n"":2,""name"":""row 2""}","{""n"":2,""name"":""row 2"",""text"":""x""}"
    "#);
}

#[test]
fn no_rejected_row_is_a_table_without_rows_in_the_place_of_an_older_one() {
    let world = World::new(
        "rejects = 'rejects.csv'
        [steps.last]\npath = 'picky.wasm'\ninput = 'numbers'\nwith = { column = 'n' }",
    );
    std::fs::write(world.path("rejects.csv"), "of an older run\n").unwrap();
    world.run(7, 2).unwrap();
    assert_eq!(
        world.read("rejects.csv"),
        "step,code,reason,source,file,row,original,seen\n"
    );
}

#[test]
fn a_program_gets_rejected_rows_in_memory() {
    let world = World::new(
        "[steps.last]\npath = 'picky.wasm'\ninput = 'numbers'\nwith = { column = 'n', refuse = [8, 9] }",
    );
    let rejects = collector();
    let pipeline = world.pipeline(5, 1).collect_rejects(&rejects);
    pipeline.check(host()).unwrap().run().unwrap();
    let batches = rejects.take();
    let rows: Vec<&str> = batches
        .iter()
        .flat_map(|batch| batch["original"].as_string::<i32>().iter().flatten())
        .collect();
    assert_eq!(
        rows,
        [r#"{"n":8,"name":"row 8"}"#, r#"{"n":9,"name":"row 9"}"#]
    );
}
