//! The words of errors: parts of messages, and what to do about each.

use stepwell_plan::Format;

use crate::error::{ConnectError, InvalidValue};

/// How many names a message lists before it says how many more there are.
const LISTED_NAMES: usize = 8;
/// How many characters of a value a message shows.
const SHOWN_CHARACTERS: usize = 60;

/// `` `a`, `b` and 3 more ``.
pub(crate) fn name_list(names: &[String]) -> String {
    let mut text = names
        .iter()
        .take(LISTED_NAMES)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > LISTED_NAMES {
        text.push_str(&format!(" and {} more", names.len() - LISTED_NAMES));
    }
    text
}

pub(crate) fn present(folder: &str, names: &[String]) -> String {
    if names.is_empty() {
        format!("; `{folder}` is empty")
    } else {
        format!("; `{folder}` holds {}", name_list(names))
    }
}

/// `1 row`, `2 rows`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

pub(crate) fn count_is(number: usize) -> String {
    match number {
        1 => "1 is".to_owned(),
        _ => format!("{number} are"),
    }
}

pub(crate) fn in_column(column: Option<&str>) -> String {
    column.map_or_else(String::new, |column| format!(", column `{column}`"))
}

/// A value in backticks, cut where it is long; control characters are escaped so that they cannot steer a terminal.
pub(crate) fn value(value: &str) -> String {
    let mut shown = String::new();
    for character in value.chars().take(SHOWN_CHARACTERS) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if value.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

pub(crate) fn inferred(sample_rows: Option<usize>) -> String {
    match sample_rows {
        None => String::new(),
        Some(1) => ", which was inferred from the first row".to_owned(),
        Some(rows) => format!(", which was inferred from the first {rows} rows"),
    }
}

/// A message of a library as ours are: lowercase and without a full stop.
pub(crate) fn tidy(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut characters = message.chars();
    match (characters.next(), characters.next()) {
        // A word, not an abbreviation or a name in capitals.
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => first
            .to_lowercase()
            .chain(message.chars().skip(1))
            .collect(),
        _ => message.to_owned(),
    }
}

pub(crate) fn format_words(format: Format) -> &'static str {
    match format {
        Format::Csv => "CSV",
        Format::Json => "JSON lines",
        Format::Parquet => "Parquet",
        Format::Arrow => "the Arrow file format",
        Format::Arrows => "the Arrow stream format",
    }
}

/// A key of an inline TOML table, quoted where TOML asks for it.
fn toml_key(name: &str) -> String {
    let bare = !name.is_empty()
        && name.chars().all(|character| {
            character.is_ascii_alphanumeric() || character == '_' || character == '-'
        });
    if bare {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

pub(crate) fn hint(error: &ConnectError) -> Option<String> {
    match error {
        ConnectError::NotFound { similar, .. } if !similar.is_empty() => {
            Some(format!("similar names there: {}", name_list(similar)))
        }
        ConnectError::NotFound { .. } => {
            Some("relative paths start at the pipeline file's folder".to_owned())
        }
        ConnectError::NoMatch { .. } => Some(
            "hidden files, files that start with `_` and files of unknown formats are passed over".to_owned(),
        ),
        ConnectError::SeveralFormats { .. } => {
            Some("set `format`, or name the files with a glob such as `*.csv`".to_owned())
        }
        ConnectError::IsDirectory { .. } => {
            Some("name a file in it, or end `path` with `/` for a folder of parts".to_owned())
        }
        ConnectError::StorageFull { .. } => Some(
            "free some space or write elsewhere; what was there before is untouched".to_owned(),
        ),
        ConnectError::CutShort { .. } => Some(
            "another program writes it: run again once it is done, and have it write beside the file and rename"
                .to_owned(),
        ),
        ConnectError::FileTooLarge { .. } => Some(
            "raise the limit (`ulimit -f`), or write a folder of parts with `rows_per_file`; what was there before is untouched"
                .to_owned(),
        ),
        ConnectError::OutputInUse { .. } => {
            Some("wait for the other run to end, or give this one another path".to_owned())
        }
        ConnectError::OutputExists { .. } => Some(
            "remove it, write elsewhere, or set `mode` to `overwrite` or `append`".to_owned(),
        ),
        ConnectError::OutputLost { .. } => Some("run it again".to_owned()),
        ConnectError::OutputChanged { .. } => {
            Some("run it again; what the other program wrote is still there".to_owned())
        }
        ConnectError::MountPoint { path, .. } if path.ends_with('/') => {
            Some("name a folder in it, which can be replaced".to_owned())
        }
        ConnectError::MountPoint { .. } => {
            Some("mount the folder that the file is in instead of the file".to_owned())
        }
        ConnectError::NotAPart { .. } => Some(
            "a folder of parts is replaced as a whole: give the sink a folder of its own".to_owned(),
        ),
        ConnectError::AppendMismatch { .. } => Some(
            "write to another place, or set `mode` to `overwrite`".to_owned(),
        ),
        ConnectError::TooManyPartitions { .. } => Some(
            "partition by columns with fewer values, or raise `max_partitions`".to_owned(),
        ),
        ConnectError::Io { source, .. } if source.raw_os_error().is_some_and(is_out_of_handles) => Some(
            "raise the number of files that a process may have open, `ulimit -n`".to_owned(),
        ),
        ConnectError::UnsupportedUrl { feature: Some(feature), .. } => Some(format!(
            "build with the cargo feature `{feature}` of `stepwell-connect`"
        )),
        ConnectError::UnknownFormat { .. } => Some(
            "set `format` to `csv`, `json`, `parquet`, `arrow` or `arrows`".to_owned(),
        ),
        ConnectError::InvalidOption { hint, .. } => hint.clone(),
        ConnectError::UnknownColumn { column, columns, .. } => Some(unknown_column(column, columns)),
        ConnectError::SchemaMismatch { .. } => Some(
            "all files of a source must have the same columns; make one source for each kind of file".to_owned(),
        ),
        ConnectError::InvalidValue(invalid) => Some(invalid_value(invalid)),
        ConnectError::FieldCount { found: 1, .. } => {
            Some("is another character between the fields? set `csv.delimiter`".to_owned())
        }
        ConnectError::FieldCount { .. } => Some(
            "a field that holds the delimiter or a line break must be quoted".to_owned(),
        ),
        ConnectError::UnendingRecord { .. } => Some(
            "double a quote within a quoted field, or set `csv.quote` to a character that the data does not use"
                .to_owned(),
        ),
        ConnectError::InvalidEncoding { likely: Some(likely), file, .. } => Some(format!(
            "it looks like {likely}; convert it with `iconv -f {likely} -t UTF-8 {file}`"
        )),
        ConnectError::InvalidEncoding { .. } => Some("convert the file to UTF-8".to_owned()),
        ConnectError::InvalidJson { .. } => Some(
            "each line must be one JSON object; `jq -c '.[]'` makes such lines of an array".to_owned(),
        ),
        ConnectError::UnknownKey { key, .. } if !key.contains('.') => Some(format!(
            "raise `sample_rows`, or add the column with `types = {{ {} = … }}`",
            toml_key(key)
        )),
        ConnectError::UnknownKey { .. } => Some("raise `sample_rows`".to_owned()),
        ConnectError::Malformed { .. } => {
            Some("was it copied whole, and is its extension or `format` right?".to_owned())
        }
        ConnectError::UnsupportedColumn { reason, format, .. } => Some(reason.clone().unwrap_or_else(|| match format {
            Format::Csv | Format::Json => "write `.parquet` or `.arrow`, or turn the column into text first".to_owned(),
            _ => "cast the column first, or write `.arrow`, which holds every type".to_owned(),
        })),
        ConnectError::StreamTaken { .. } => {
            Some("only one source can be `-`, and only one sink".to_owned())
        }
        _ => None,
    }
}

/// Whether an error of the operating system says that the process or the machine has too many files open.
fn is_out_of_handles(code: i32) -> bool {
    // EMFILE and ENFILE, which are the same numbers on all Unix systems; 4 is Windows' ERROR_TOO_MANY_OPEN_FILES.
    if cfg!(windows) {
        code == 4
    } else {
        matches!(code, 23 | 24)
    }
}

fn invalid_value(invalid: &InvalidValue) -> String {
    let key = toml_key(&invalid.column);
    match (invalid.sample_rows, invalid.format) {
        (None, _) => format!("give another type with `types = {{ {key} = … }}`"),
        (Some(_), Format::Csv) => format!(
            "read it as text with `types = {{ {key} = \"utf8\" }}`, or name it a null with `csv.null_values`"
        ),
        (Some(_), _) if invalid.type_name.contains('<') => {
            "raise `sample_rows`; values of one key must be of one kind".to_owned()
        }
        (Some(_), _) => {
            format!("raise `sample_rows`, or read it as text with `types = {{ {key} = \"utf8\" }}`")
        }
    }
}

fn unknown_column(column: &str, columns: &[String]) -> String {
    let closest = closest_names(column, columns.iter().map(String::as_str));
    match closest.first() {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the columns are {}", name_list(columns)),
    }
}

/// The names that are most like `name`, best first, at most three; none if nothing is like it.
pub(crate) fn closest_names<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = names
        .map(|other| {
            (
                strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase()),
                other,
            )
        })
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(3)
        .map(|(_, other)| other.to_owned())
        .collect()
}
