//! The array types that a function may read and make.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Error, Type};

/// What an array is used for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Use {
    /// As an argument.
    Read,
    /// As the result.
    Returned,
}

/// Arrays whose type says what the column's type is.
const PLAIN: &[&str] = &[
    "BooleanArray",
    "Int8Array",
    "Int16Array",
    "Int32Array",
    "Int64Array",
    "UInt8Array",
    "UInt16Array",
    "UInt32Array",
    "UInt64Array",
    "Float16Array",
    "Float32Array",
    "Float64Array",
    "StringArray",
    "LargeStringArray",
    "StringViewArray",
    "BinaryArray",
    "LargeBinaryArray",
    "BinaryViewArray",
    "Date32Array",
    "Date64Array",
    "Time32SecondArray",
    "Time32MillisecondArray",
    "Time64MicrosecondArray",
    "Time64NanosecondArray",
    "TimestampSecondArray",
    "TimestampMillisecondArray",
    "TimestampMicrosecondArray",
    "TimestampNanosecondArray",
    "DurationSecondArray",
    "DurationMillisecondArray",
    "DurationMicrosecondArray",
    "DurationNanosecondArray",
    "IntervalYearMonthArray",
    "IntervalDayTimeArray",
    "IntervalMonthDayNanoArray",
    "NullArray",
];

/// Arrays of a family of types: they can be read; what is made would not be known when the step is opened.
const FAMILIES: &[&str] = &[
    "Decimal32Array",
    "Decimal64Array",
    "Decimal128Array",
    "Decimal256Array",
    "FixedSizeBinaryArray",
    "ListArray",
    "LargeListArray",
    "ListViewArray",
    "LargeListViewArray",
    "FixedSizeListArray",
    "StructArray",
    "MapArray",
    "UnionArray",
    "DictionaryArray",
];

/// Generic arrays, which say their type by their arguments.
const GENERIC: &[&str] = &[
    "PrimitiveArray",
    "GenericByteArray",
    "GenericStringArray",
    "GenericByteViewArray",
];

/// Checks that a type is one of Arrow's arrays, by its name.
pub(crate) fn check(array: &Type, used: Use) -> syn::Result<()> {
    let Type::Path(path) = array else {
        return Err(unsupported(array, used));
    };
    let Some(last) = path.path.segments.last() else {
        return Err(unsupported(array, used));
    };
    let name = last.ident.to_string();
    let known = |list: &[&str]| list.contains(&name.as_str());
    if known(PLAIN) || known(GENERIC) || (used == Use::Read && known(FAMILIES)) {
        return Ok(());
    }
    Err(unsupported(array, used))
}

/// The error that lists what is supported.
pub(crate) fn unsupported(found: &Type, used: Use) -> Error {
    let text = spelled(&quote!(#found));
    let list = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let message = match used {
        Use::Read => format!(
            "a step cannot read a column as `{text}`: arguments are references to Arrow arrays, such as `&Float64Array`\n\
             supported are {}, {}\n\
             a step that reads columns of any type is a struct that implements `Step`",
            list(PLAIN),
            list(FAMILIES)
        ),
        Use::Returned => format!(
            "a step cannot make a column from `{text}`: a function returns an Arrow array, such as `Float64Array`, or a `Result` of one\n\
             supported are {}\n\
             a step that makes a column of another type is a struct that implements `Step`",
            list(PLAIN)
        ),
    };
    Error::new_spanned(found, message)
}

/// A type as people write it, without the spaces that tokens are printed with.
fn spelled(tokens: &TokenStream) -> String {
    let text = tokens.to_token_stream().to_string();
    text.replace(" < ", "<")
        .replace(" >", ">")
        .replace("& ", "&")
        .replace(" :: ", "::")
        .replace(" ,", ",")
}
