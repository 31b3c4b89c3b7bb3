//! `#[parameters]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Item};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    if !attribute.is_empty() {
        return Err(Error::new_spanned(
            attribute,
            "`#[parameters]` takes no arguments: `#[serde(…)]` attributes go below it",
        ));
    }
    let deny_unknown_fields = match syn::parse2::<Item>(item.clone())? {
        Item::Struct(_) => quote!(, deny_unknown_fields),
        Item::Enum(_) => quote!(),
        other => {
            return Err(Error::new_spanned(
                other,
                "`#[parameters]` goes on a struct or an enum",
            ));
        }
    };
    Ok(quote! {
        #[derive(::stepwell_sdk::serde::Deserialize, ::stepwell_sdk::schemars::JsonSchema)]
        #[serde(crate = "::stepwell_sdk::serde" #deny_unknown_fields)]
        #[schemars(crate = "::stepwell_sdk::schemars")]
        #item
    })
}
