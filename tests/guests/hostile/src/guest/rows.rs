//! Attacks by selections of rows, by columns and by handles.

use super::arrays::texts;
use super::bindings::exports::stepwell::step::step::Batch;
use super::bindings::stepwell::step::arrow::{Array, Node};
use super::bindings::stepwell::step::host::{self, Column, MadeColumn, Rows, Selection};
use crate::attack::Attack;

/// Passes rows of a batch on, and brings columns.
fn emit(batch: &Batch, selection: Selection, made: &[MadeColumn<'_>]) {
    host::emit(0, &[Rows { batch, selection }], made);
}

fn reject(batch: &Batch, selection: Selection) {
    host::reject(&Rows { batch, selection }, "bad", "it is bad");
}

pub(super) fn attack(attack: Attack, batch: &Batch) {
    let n_rows = batch.rows();
    let made = |values: &[&str]| MadeColumn::Array(texts(values));
    match attack {
        Attack::TooManyRows => loop {
            emit(batch, Selection::All, &[]);
        },
        Attack::TooManyBytes => loop {
            let large = "x".repeat(1 << 20);
            let values = vec![large.as_str(); n_rows as usize];
            emit(batch, Selection::All, &[made(&values)]);
        },
        Attack::TooManyRejects => loop {
            reject(batch, Selection::All);
        },
        Attack::ManySmallEmissions => loop {
            emit(batch, Selection::Range((0, 1)), &[]);
        },
        Attack::GatherOneRow => emit(batch, Selection::Indices(vec![0; 1_000_000]), &[]),
        Attack::UnknownPort => host::emit(
            7,
            &[Rows {
                batch,
                selection: Selection::All,
            }],
            &[],
        ),
        Attack::NoRowsAtAll => host::emit(0, &[], &[]),
        Attack::OneInputTwice => {
            let rows = || Rows {
                batch,
                selection: Selection::All,
            };
            host::emit(0, &[rows(), rows()], &[]);
        }
        Attack::RangeOutside => emit(batch, Selection::Range((n_rows, 1)), &[]),
        Attack::RangeOverflow => emit(batch, Selection::Range((u64::MAX, 2)), &[]),
        Attack::MaskTooShort => emit(batch, Selection::Mask(Vec::new()), &[]),
        Attack::IndicesOutside => emit(batch, Selection::Indices(vec![0, u32::MAX]), &[]),
        Attack::PassAndReject => {
            emit(batch, Selection::All, &[]);
            reject(batch, Selection::Range((0, 1)));
        }
        Attack::TooFewColumns => emit(batch, Selection::All, &[]),
        Attack::TooManyColumns => emit(batch, Selection::All, &[made(&["x"; 4])]),
        Attack::OtherLengths => emit(batch, Selection::All, &[made(&["x", "y"])]),
        Attack::ColumnOfAnotherType => {
            let column = batch.column(0);
            emit(batch, Selection::All, &[MadeColumn::Column(&column)]);
        }
        Attack::UndeclaredColumn => drop(batch.column(2)),
        Attack::UngrantedColumn => drop(batch.read(&[0, 1])),
        Attack::ColumnOutside => drop(batch.column(1_000)),
        Attack::ReadEverythingTwice => drop(batch.read(&[0, 1, 0, 1, 0, 1])),
        Attack::ForgedHandle => {
            // SAFETY: none; that is the attack.
            let forged = unsafe { Column::from_handle(12_345) };
            forged.length();
        }
        Attack::HandleOfAnotherKind => {
            let column = batch.column(0);
            // SAFETY: none; that is the attack.
            let forged = unsafe { Batch::from_handle(column.handle()) };
            forged.rows();
        }
        Attack::HandleOfAnEarlierBatch => {
            let handle = batch.handle();
            // SAFETY: none; that is the attack.
            unsafe {
                drop(Batch::from_handle(handle));
                Batch::from_handle(handle).rows();
            }
        }
        Attack::DropTwice => {
            let handle = batch.handle();
            // SAFETY: none; that is the attack.
            unsafe {
                drop(Batch::from_handle(handle));
                drop(Batch::from_handle(handle));
            }
        }
        Attack::LengthOutside => {
            let start = std::hint::black_box(16_usize) as *mut u8;
            // SAFETY: none; that is the attack. The call does not come back, so the buffer is never freed.
            let buffer = unsafe { Vec::from_raw_parts(start, 0x7fff_ffff, 0x7fff_ffff) };
            let array = Array {
                nodes: vec![Node {
                    length: 1,
                    null_count: 0,
                    buffers: 1,
                }],
                buffers: vec![buffer],
            };
            host::emit(0, &[], &[MadeColumn::Array(array)]);
        }
        _ => {}
    }
}
