//! Attacks by what a step does when it is called.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use guest_hostile::{Attack, for_each_attack, marked};
use serde_json::json;
use stepwell_engine::{EngineError, OpenOptions, Outcome, StepComponent};
use stepwell_plan::{Grants, Limits};
use stepwell_test_components::guest;

use crate::bystander::{Bystander, batch, engine};
use crate::{shown, shown_without_numbers};

macro_rules! tests {
    ($($name:ident => $variant:ident, $what:literal;)*) => {
        $(#[test]
        fn $name() {
            check(Attack::$variant);
        })*
    };
}

for_each_attack!(tests);

fn check(attack: Attack) {
    let bystander = Bystander::open();
    let mut report = format!("A step that {}.\n\n", attack.what());
    let error = run(attack, &mut report).err();
    match error {
        Some(error) if is_measured(attack) => report.push_str(&shown_without_numbers(&error)),
        Some(error) => report.push_str(&shown(&error)),
        None => report.push_str("It ends well."),
    }
    bystander.check();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(attack.name(), report);
    });
}

/// Whether what it asked for depends on how it was compiled.
fn is_measured(attack: Attack) -> bool {
    matches!(attack, Attack::MemoryInOneGrow | Attack::MemoryInSmallGrows)
}

/// Whether it attacks by `describe`, which takes no parameters.
fn is_in_describe(attack: Attack) -> bool {
    matches!(
        attack,
        Attack::SpinInDescribe
            | Attack::EmitInDescribe
            | Attack::HugeDescription
            | Attack::ParametersNotJson
            | Attack::NestedParameters
    )
}

fn component(attack: Attack) -> StepComponent {
    let bytes = guest("hostile");
    if is_in_describe(attack) {
        return engine().load(&marked(&bytes, attack)).unwrap();
    }
    static HOSTILE: std::sync::OnceLock<StepComponent> = std::sync::OnceLock::new();
    HOSTILE
        .get_or_init(|| engine().load(&bytes).unwrap())
        .clone()
}

fn limits(attack: Attack) -> Limits {
    let limits = Limits {
        memory: 256 << 20,
        ..Limits::default()
    };
    match attack {
        Attack::SpinInOpen
        | Attack::SpinInProcess
        | Attack::SpinInSave
        | Attack::SpinInRestore
        | Attack::SpinInFinish
        | Attack::SpinInPostReturn
        | Attack::SpinInAllocation => Limits {
            time: Duration::from_millis(200),
            ..limits
        },
        Attack::CallHostWithoutEnd => Limits {
            calls: 50_000,
            ..limits
        },
        Attack::KeepEveryBatch => Limits {
            held: 150_000,
            ..limits
        },
        Attack::HugeState => Limits {
            state: 1 << 20,
            ..limits
        },
        Attack::TooManyRows => Limits {
            rows: 1_000,
            ..limits
        },
        Attack::TooManyRejects => Limits {
            rejects: 1_000,
            ..limits
        },
        Attack::TooManyBytes | Attack::ManySmallEmissions => Limits {
            bytes: 10_000_000,
            ..limits
        },
        Attack::Log100Mb | Attack::PanicWith100Mb | Attack::HugeError => {
            Limits { text: 60, ..limits }
        }
        Attack::TenThousandProblems => Limits {
            problems: 2,
            ..limits
        },
        _ => limits,
    }
}

fn grants(attack: Attack) -> Grants {
    let columns = BTreeSet::from(["number".to_owned()]);
    match attack {
        Attack::UngrantedColumn => Grants {
            columns: Some(columns),
            ..Grants::default()
        },
        _ => Grants::default(),
    }
}

/// Opens an instance, gives it two batches, ends it, asks for its state, and gives that to another one.
fn run(attack: Attack, report: &mut String) -> Result<(), EngineError> {
    let component = component(attack);
    let options = OpenOptions {
        parameters: json!({ "attack": attack.name() }),
        inputs: vec![batch().schema()],
        limits: limits(attack),
        grants: grants(attack),
        ..OpenOptions::default()
    };
    let mut instance = component.open(options.clone())?;
    note(report, &instance.process(0, batch().into())?);
    note(report, &instance.process(0, batch().into())?);
    note(report, &instance.finish()?);
    let state = instance.save()?;
    let mut another = component.open(options)?;
    another.restore(&state)?;
    note(report, &another.process(0, batch().into())?);
    Ok(())
}

/// Writes down what a call did, if it did anything.
fn note(report: &mut String, outcome: &Outcome) {
    for emitted in &outcome.emitted {
        let batch = emitted.batch.to_record_batch().unwrap();
        let nulls: usize = batch
            .columns()
            .iter()
            .map(|column| column.null_count())
            .sum();
        let _ = writeln!(report, "{} rows, {nulls} nulls", batch.num_rows());
    }
    let bytes: usize = outcome.log.iter().map(|line| line.message.len()).sum();
    if let Some(first) = outcome.log.first() {
        let n_lines = outcome.log.len();
        let _ = writeln!(
            report,
            "{n_lines} lines of {bytes} bytes are logged: {first:?}"
        );
    }
    if outcome.log_dropped > 0 {
        let _ = writeln!(report, "{} lines are dropped", outcome.log_dropped);
    }
}
