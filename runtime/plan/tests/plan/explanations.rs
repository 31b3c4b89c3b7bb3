//! Plans as people read them.

use insta::assert_snapshot;
use stepwell_plan::explain::{Format, render};

use crate::world::plan;

const LINE: &str = "
pipeline = { name = 'churn', description = 'Who is about to leave?' }
models.churn = 'models/churn.onnx'
sources.customers.path = 'data/customers.csv'
[steps.clean]
uses = 'std/impute@0.1'
input = 'customers'
with = { columns = ['total_charges'], strategy = 'median' }
[steps.score]
uses = 'std/predict@0.1'
input = 'clean'
with = { model = 'churn', inputs = ['tenure', 'total_charges'], output = 'churn' }
allow = { columns = ['tenure', 'total_charges'], models = ['churn'] }
[steps.narrow]
uses = 'std/select@0.1'
input = 'score'
with = { columns = ['id', 'churn'], rename = { id = 'customer' } }
[sinks.scores]
input = 'narrow'
path = 'out/scores.parquet'
";

const BRANCHES: &str = "
pipeline.name = 'branches \"and\" <more>'
[sources]
customers = { path = 'customers.csv' }
orders = { path = ['orders.csv', 'more.csv'] }
wide = { path = 'wide.csv' }
[steps.split]
uses = 'std/split'
input = 'customers'
[steps.join]
uses = 'std/join'
input = { left = 'split.train', right = 'orders' }
[steps.narrow]
uses = 'std/select'
input = 'wide'
with.columns = ['column_3']
[sinks]
joined = { input = 'join', path = 'joined.csv' }
rows = { input = 'split', path = 'train.csv' }
again = { input = 'split', path = '-' }
wide = { input = 'narrow', path = 'wide.parquet' }
";

#[test]
fn a_chain_is_drawn_straight_down() {
    assert_snapshot!(render(&plan(LINE), Format::Tree));
}

#[test]
fn branches_are_indented_and_a_step_is_drawn_once() {
    assert_snapshot!(render(&plan(BRANCHES), Format::Tree));
}

#[test]
fn mermaid_and_graphviz_draw_the_same_graph() {
    assert_snapshot!("mermaid", render(&plan(BRANCHES), Format::Mermaid));
    assert_snapshot!("dot", render(&plan(BRANCHES), Format::Dot));
}

#[test]
fn json_has_every_column() {
    assert_snapshot!(render(&plan(LINE), Format::Json));
}

#[test]
fn odd_names_of_columns_do_not_break_out_of_their_places() {
    let plan = plan(
        "pipeline.name = 'odd'\nsources.odd.path = 'odd.csv'\nsinks.odd = { input = 'odd', path = '-' }",
    );
    assert_snapshot!("odd_tree", render(&plan, Format::Tree));
    assert_snapshot!("odd_mermaid", render(&plan, Format::Mermaid));
    assert_snapshot!("odd_dot", render(&plan, Format::Dot));
}
