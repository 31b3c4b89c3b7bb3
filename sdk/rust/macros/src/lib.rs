//! The attribute macros of `stepwell-sdk`, which re-exports and explains them.

mod attribute;
mod definition;
mod docs;
mod function;
mod parameters;
mod structure;
mod types;

use proc_macro::TokenStream;
use syn::{Error, Item};

/// Makes a struct or a function the step that the crate is.
///
/// On a **function**, arguments are the columns read, by name, as references to Arrow arrays; the function's
/// name is the column made; the result is an array or a `Result` of one. A last argument called `parameters` takes
/// the step's own parameters.
///
/// On a **struct** that implements `Step`, it says of the step:
/// - `name = "…"`: lowercase words joined by `-`; the package's name by default,
/// - `version = "…"`: the package's by default,
/// - `inputs(left = "What it takes.", right = "…")`: the input ports and what they are; one port `input` by default,
/// - `outputs(matched = "…", unmatched = "…")`: the output ports; one port `output` by default.
///
/// Name and version go on a function too. The doc comment's first paragraph is the step's summary, the rest
/// its documentation, in Markdown.
///
/// A crate is one step: the macro makes a constant `STEP`, by which tests find it, and the exports of the
/// component.
#[proc_macro_attribute]
pub fn step(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = syn::parse::<attribute::Attribute>(attribute).and_then(|attribute| {
        match syn::parse::<Item>(item.clone())? {
            Item::Fn(function) => function::expand(&attribute, function),
            Item::Struct(structure) => structure::expand(&attribute, structure),
            other => Err(Error::new_spanned(
                other,
                "`#[step]` goes on a struct that implements `Step`, or on a function from columns to a column",
            )),
        }
    });
    finish(expanded, item)
}

/// Makes a struct or an enum one that a step's parameters can be read into, with a JSON Schema from its docs.
///
/// It derives `serde::Deserialize` and `schemars::JsonSchema`, so that the crate need not depend on either. Unknown
/// fields of a struct are errors. `#[serde(…)]` attributes go on it and its fields as usual.
#[proc_macro_attribute]
pub fn parameters(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = parameters::expand(attribute.into(), item.clone().into());
    finish(expanded, item)
}

/// On an error the item stays, so that nothing that refers to it is an error too.
fn finish(expanded: syn::Result<proc_macro2::TokenStream>, item: TokenStream) -> TokenStream {
    match expanded {
        Ok(expanded) => expanded.into(),
        Err(error) => {
            let mut both = TokenStream::from(error.into_compile_error());
            both.extend(item);
            both
        }
    }
}
