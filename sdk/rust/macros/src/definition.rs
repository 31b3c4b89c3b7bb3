//! What both forms of `#[step]` end with.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// The constant `STEP`, which holds everything else, and the exports of the component.
///
/// `definition` is a type that implements `Definition`; `items` is what it needs. The constant has the span of the
/// item, so that a second step in the same module is an error that shows both.
pub(crate) fn expand(span: Span, definition: &TokenStream, items: &TokenStream) -> TokenStream {
    let step = quote_spanned!(span=> STEP);
    quote! {
        /// The step that this crate is.
        #[allow(dead_code, unreachable_pub)]
        pub const #step: ::stepwell_sdk::StepDefinition = {
            #items

            #[cfg(target_arch = "wasm32")]
            #[allow(unsafe_code)] // The symbols that the host calls.
            const _: () = {
                type Exported = ::stepwell_sdk::__private::Export<#definition>;
                ::stepwell_sdk::bindings::export!(Exported with_types_in ::stepwell_sdk::bindings);
            };

            ::stepwell_sdk::StepDefinition::new::<#definition>()
        };
    }
}
