/// Hands the list of all attacks to a macro: `name => Variant, "what it does"` for each.
#[macro_export]
macro_rules! for_each_attack {
    ($with:ident) => {
        $with! {
            // Time.
            spin_in_describe => SpinInDescribe, "never returns from `describe`";
            spin_in_open => SpinInOpen, "never returns from `open`";
            spin_in_process => SpinInProcess, "never returns from `process`";
            spin_in_save => SpinInSave, "never returns from `save`";
            spin_in_restore => SpinInRestore, "never returns from `restore`";
            spin_in_finish => SpinInFinish, "never returns from `finish`";
            spin_in_post_return => SpinInPostReturn, "never returns when the memory of its answer is freed";
            spin_in_allocation => SpinInAllocation, "never returns when the host asks for memory";
            call_host_without_end => CallHostWithoutEnd, "calls the host again and again";
            // Memory.
            memory_in_one_grow => MemoryInOneGrow, "asks for 3 GiB at once";
            memory_in_small_grows => MemoryInSmallGrows, "asks for one page after the other";
            recurse_without_end => RecurseWithoutEnd, "calls itself until its stack ends";
            million_handles => MillionHandles, "asks for a column a million times and drops none";
            keep_every_batch => KeepEveryBatch, "keeps the handles of all batches";
            huge_state => HugeState, "saves more state than it may";
            // Texts.
            log_flood => LogFlood, "logs 100,000 lines";
            log_flood_of_nothing => LogFloodOfNothing, "logs 100,000 empty lines";
            log_100_mb => Log100Mb, "logs a message of 100 MB";
            panic_with_100_mb => PanicWith100Mb, "crashes with a message of 100 MB";
            invalid_utf8_in_message => InvalidUtf8InMessage, "logs what is not UTF-8";
            escapes_in_message => EscapesInMessage, "logs what steers a terminal";
            unknown_level => UnknownLevel, "logs at a level that there is not";
            huge_error => HugeError, "fails with texts of 10 MB";
            ten_thousand_problems => TenThousandProblems, "finds 10,000 problems when it is opened";
            no_problem => NoProblem, "refuses to be opened and names no problem";
            huge_description => HugeDescription, "describes itself in 20 MB";
            parameters_not_json => ParametersNotJson, "describes parameters that are not JSON";
            nested_parameters => NestedParameters, "describes parameters nested 100,000 times";
            // What it answers to `open`.
            million_columns => MillionColumns, "declares a million columns";
            thousand_levels => ThousandLevels, "declares a column nested 1,000 times";
            children_that_are_not_there => ChildrenThatAreNotThere, "declares a field with 4 billion children";
            huge_name => HugeName, "declares a column with a name of 1 MB";
            huge_metadata => HugeMetadata, "declares metadata of 20 MB";
            unknown_type => UnknownType, "declares a column of a type that there is not";
            unknown_read => UnknownRead, "declares that it reads a column that there is not";
            unknown_pass => UnknownPass, "declares that it passes a column that there is not";
            pass_as_another_type => PassAsAnotherType, "declares that it passes a number on as a text";
            too_many_outputs => TooManyOutputs, "opens outputs that it does not describe";
            // When it emits.
            emit_in_describe => EmitInDescribe, "emits in `describe`";
            emit_in_open => EmitInOpen, "emits in `open`";
            emit_in_map_finish => EmitInMapFinish, "emits in `finish` though each batch is for itself";
            emit_after_finish => EmitAfterFinish, "emits in `save`, after `finish`";
            emit_in_restore => EmitInRestore, "emits in `restore`";
            reenter_from_allocation => ReenterFromAllocation, "calls the host when the host asks for memory";
            reenter_from_post_return => ReenterFromPostReturn, "calls the host when its answer is freed";
            // What it emits: how much.
            too_many_rows => TooManyRows, "emits a batch again and again";
            too_many_bytes => TooManyBytes, "emits more bytes than it may";
            too_many_rejects => TooManyRejects, "rejects a batch again and again";
            many_small_emissions => ManySmallEmissions, "emits one row at a time, without end";
            gather_one_row => GatherOneRow, "selects one large row a million times";
            one_view_million_times => OneViewMillionTimes, "brings a million views of one text of 100 KB";
            one_key_million_times => OneKeyMillionTimes, "brings a million keys of one text of 100 KB";
            one_run_of_many_rows => OneRunOfManyRows, "brings ten million rows that are one run of a text of 100 KB";
            lists_of_nothing => ListsOfNothing, "brings lists of two billion nulls, which take no buffer";
            // What it emits: which rows.
            unknown_port => UnknownPort, "emits on a port that there is not";
            no_rows_at_all => NoRowsAtAll, "emits neither rows nor columns";
            one_input_twice => OneInputTwice, "passes rows of one input twice at once";
            range_outside => RangeOutside, "selects rows behind the end";
            range_overflow => RangeOverflow, "selects rows whose end overflows";
            mask_too_short => MaskTooShort, "selects rows by too short a mask";
            indices_outside => IndicesOutside, "selects a row that there is not";
            pass_and_reject => PassAndReject, "passes a row on and rejects it";
            // What it emits: which columns.
            too_few_columns => TooFewColumns, "leaves a made column out";
            too_many_columns => TooManyColumns, "brings a made column too many";
            other_lengths => OtherLengths, "brings columns of different lengths";
            column_of_another_type => ColumnOfAnotherType, "brings a host's column of another type";
            values_of_another_type => ValuesOfAnotherType, "brings numbers where it declared texts";
            nulls_in_non_null => NullsInNonNull, "brings nulls where it declared none, and counts none";
            lying_null_count => LyingNullCount, "counts other nulls than there are";
            // What it emits: broken arrays.
            no_node => NoNode, "brings an array without a node";
            too_many_nodes => TooManyNodes, "brings nodes that belong to nothing";
            too_few_buffers => TooFewBuffers, "leaves a buffer out";
            too_many_buffers => TooManyBuffers, "brings a buffer too many";
            buffers_of_no_node => BuffersOfNoNode, "brings buffers that belong to no node";
            buffer_too_short => BufferTooShort, "brings too short a buffer";
            validity_too_short => ValidityTooShort, "brings too short a validity buffer";
            length_overflow => LengthOverflow, "brings an array of 2^64 - 1 values";
            length_without_values => LengthWithoutValues, "brings 2^40 nulls, which take no buffer";
            negative_offsets => NegativeOffsets, "brings offsets below 0";
            overlapping_offsets => OverlappingOffsets, "brings offsets that go back";
            offsets_past_end => OffsetsPastEnd, "brings offsets behind the end";
            invalid_utf8 => InvalidUtf8, "brings texts that are not UTF-8";
            cut_character => CutCharacter, "brings texts that end inside a character";
            key_out_of_range => KeyOutOfRange, "brings dictionary keys without a value";
            key_negative => KeyNegative, "brings dictionary keys below 0";
            run_ends_go_back => RunEndsGoBack, "brings run ends that go back";
            run_ends_too_short => RunEndsTooShort, "brings run ends that end too early";
            unknown_type_id => UnknownTypeId, "brings a union's type id that there is not";
            union_offset_outside => UnionOffsetOutside, "brings a dense union's offset behind the end";
            decimal_too_precise => DecimalTooPrecise, "brings a decimal of more digits than declared";
            view_outside => ViewOutside, "brings a view that points behind its buffer";
            view_of_no_buffer => ViewOfNoBuffer, "brings a view of a buffer that there is not";
            view_with_another_prefix => ViewWithAnotherPrefix, "brings a view whose prefix is not that of its text";
            list_view_outside => ListViewOutside, "brings a list view that points behind its values";
            child_too_short => ChildTooShort, "brings a struct whose child is shorter";
            fixed_list_too_short => FixedListTooShort, "brings lists of two with too few values";
            null_key_in_map => NullKeyInMap, "brings a map with a null key";
            // What is not its own.
            undeclared_column => UndeclaredColumn, "reads a column that it did not declare";
            ungranted_column => UngrantedColumn, "reads a column that it declared but was not granted";
            column_outside => ColumnOutside, "reads a column that there is not";
            read_everything_twice => ReadEverythingTwice, "reads more columns at once than there are";
            forged_handle => ForgedHandle, "uses a handle that it was never given";
            handle_of_an_earlier_batch => HandleOfAnEarlierBatch, "uses a batch that it dropped before";
            handle_of_another_kind => HandleOfAnotherKind, "uses a column's handle as a batch's";
            drop_twice => DropTwice, "drops a handle twice";
            pointer_outside => PointerOutside, "hands over a text behind the end of its memory";
            length_outside => LengthOutside, "hands over a buffer of 2 GiB";
            left_over_state => LeftOverState, "looks for what an earlier instance left in its memory";
        }
    };
}

macro_rules! attacks {
    ($($name:ident => $variant:ident, $what:literal;)*) => {
        /// A way to attack the host.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Attack {
            $(#[doc = $what] $variant,)*
        }

        impl Attack {
            /// All attacks.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The attack's name: lowercase words joined by `_`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)*
                }
            }

            /// What the step does.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$variant => $what,)*
                }
            }

            /// The attack of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

for_each_attack!(attacks);

/// What marks the place in the component where the name of an attack on `describe` is written, before the component is
/// loaded: `describe` takes no parameters.
pub const MARKER: &[u8; 32] = b"stepwell hostile guest: attack: ";

/// The component, marked for an attack.
///
/// # Panics
/// When it has no such place, or several.
#[must_use]
pub fn marked(component: &[u8], attack: Attack) -> Vec<u8> {
    let found = |at: &usize| component[*at..].starts_with(MARKER);
    let places: Vec<usize> = (0..component.len()).filter(found).collect();
    assert_eq!(places.len(), 1, "the component has one place for an attack");
    let mut marked = component.to_vec();
    let start = places[0] + MARKER.len();
    marked[start..start + attack.name().len()].copy_from_slice(attack.name().as_bytes());
    marked
}
