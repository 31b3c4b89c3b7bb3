//! `#[step]` on a struct.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, ItemStruct};

use crate::attribute::{Attribute, Ports};
use crate::definition;
use crate::docs::Docs;

pub(crate) fn expand(attribute: &Attribute, item: ItemStruct) -> syn::Result<TokenStream> {
    let ident = &item.ident;
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            format!("a step is one type: `{ident}` cannot be generic"),
        ));
    }
    let name = attribute.name();
    let version = attribute.version();
    let Docs {
        summary,
        documentation,
    } = Docs::of(&item.attrs);
    let inputs = Ports::expression(attribute.inputs.as_ref(), "input");
    let outputs = Ports::expression(attribute.outputs.as_ref(), "output");
    // With the struct's span, the error that `Step` is not implemented points at the struct.
    let step = quote_spanned!(ident.span()=> <#ident as ::stepwell_sdk::Step>);
    let open = quote_spanned!(ident.span()=> ::stepwell_sdk::__private::open_step::<#ident>);
    let items = quote! {
        struct Definition;

        impl ::stepwell_sdk::__private::Definition for Definition {
            fn describe() -> ::stepwell_sdk::Description {
                ::stepwell_sdk::Description {
                    name: #name,
                    version: ::std::string::String::from(#version),
                    summary: ::std::string::String::from(#summary),
                    documentation: ::std::string::String::from(#documentation),
                    parameters: ::stepwell_sdk::__private::parameters_schema::<#step::Parameters>(),
                    inputs: #inputs,
                    outputs: #outputs,
                }
            }

            fn open(
                parameters: ::stepwell_sdk::serde_json::Value,
                inputs: &::stepwell_sdk::Inputs,
                plan: &mut ::stepwell_sdk::Opening,
            ) -> ::std::result::Result<
                ::std::boxed::Box<dyn ::stepwell_sdk::__private::RunningStep>,
                ::stepwell_sdk::Problems,
            > {
                #open(parameters, inputs, plan)
            }
        }
    };
    let definition = definition::expand(ident.span(), &quote!(Definition), &items);
    Ok(quote!(#item #definition))
}
