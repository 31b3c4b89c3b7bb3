//! `#[step]` on a function.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Error, FnArg, GenericArgument, Ident, ItemFn, Pat, PathArguments, ReturnType, Type,
    TypeReference,
};

use crate::attribute::Attribute;
use crate::definition;
use crate::docs::{Docs, is_doc};
use crate::types::{self, Use};

/// A column that the function reads.
struct Column {
    name: String,
    summary: String,
    array: Type,
}

pub(crate) fn expand(attribute: &Attribute, mut item: ItemFn) -> syn::Result<TokenStream> {
    check_signature(attribute, &item)?;
    let (columns, parameters) = arguments(&mut item)?;
    let output = match &item.sig.output {
        ReturnType::Default => {
            return Err(Error::new_spanned(
                &item.sig.ident,
                format!(
                    "`{}` makes no column: it returns an array, such as `Float64Array`",
                    item.sig.ident
                ),
            ));
        }
        ReturnType::Type(_, output) => output.as_ref(),
    };
    types::check(made_array(output), Use::Returned)?;

    let ident = &item.sig.ident;
    let column = ident.to_string();
    let name = attribute.name();
    let version = attribute.version();
    let Docs {
        summary,
        documentation,
    } = Docs::of(&item.attrs);
    let arguments = columns.iter().map(
        |Column {
             name,
             summary,
             array,
         }| { quote!(::stepwell_sdk::__private::Argument::new::<#array>(#name, #summary)) },
    );
    let values = columns.iter().enumerate().map(|(position, Column { array, .. })| {
        quote!(&::stepwell_sdk::__private::argument::<#array>(columns, #position)?)
    });
    let own = parameters.as_ref().map(|_| quote!(parameters));
    let parameters = match &parameters {
        Some(parameters) => quote!(#parameters),
        None => quote!(::stepwell_sdk::NoParameters),
    };
    let items = quote! {
        struct Function;

        impl ::stepwell_sdk::__private::Function for Function {
            type Parameters = #parameters;
            type Output = #output;
            const COLUMN: &'static str = #column;

            fn about() -> ::stepwell_sdk::__private::About {
                ::stepwell_sdk::__private::About {
                    name: #name,
                    version: #version,
                    summary: #summary,
                    documentation: #documentation,
                }
            }

            fn arguments() -> ::std::vec::Vec<::stepwell_sdk::__private::Argument> {
                ::std::vec![#(#arguments),*]
            }

            #[allow(unused_variables)]
            fn call(
                parameters: &Self::Parameters,
                columns: &[::stepwell_sdk::__private::ArrayRef],
            ) -> ::std::result::Result<Self::Output, ::stepwell_sdk::StepError> {
                ::std::result::Result::Ok(#ident(#(#values,)* #own))
            }
        }
    };
    let definition = definition::expand(
        ident.span(),
        &quote!(::stepwell_sdk::__private::FunctionStep<Function>),
        &items,
    );
    Ok(quote!(#item #definition))
}

fn check_signature(attribute: &Attribute, item: &ItemFn) -> syn::Result<()> {
    let signature = &item.sig;
    let ident = &signature.ident;
    if let Some(ports) = attribute.inputs.as_ref().or(attribute.outputs.as_ref()) {
        return Err(Error::new(
            ports.keyword.span(),
            "a function has one input and one output: write a struct that implements `Step` for more",
        ));
    }
    if let Some(keyword) = &signature.asyncness {
        return Err(Error::new_spanned(
            keyword,
            "a step computes on the columns that it is given and waits for nothing: it cannot be `async`",
        ));
    }
    if let Some(keyword) = &signature.unsafety {
        return Err(Error::new_spanned(
            keyword,
            "a step is called by the SDK: it cannot be `unsafe`",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            format!("a step reads columns of one type each: `{ident}` cannot be generic"),
        ));
    }
    Ok(())
}

/// The columns, and the type of the parameters where the function takes some. Takes the arguments' docs away,
/// which Rust does not allow there.
fn arguments(item: &mut ItemFn) -> syn::Result<(Vec<Column>, Option<Type>)> {
    let function = item.sig.ident.clone();
    let last = item.sig.inputs.len().saturating_sub(1);
    let mut columns = Vec::new();
    let mut parameters = None;
    for (position, argument) in item.sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = argument else {
            return Err(Error::new_spanned(
                argument,
                "`#[step]` goes on a free function, not on a method",
            ));
        };
        let Docs { summary, .. } = Docs::of(&argument.attrs);
        argument.attrs.retain(|attribute| !is_doc(attribute));
        let Some(name) = argument_name(&argument.pat) else {
            return Err(Error::new_spanned(
                &argument.pat,
                "an argument is a column, by its name: write `tenure: &Int64Array`",
            ));
        };
        let Type::Reference(TypeReference {
            elem,
            mutability: None,
            ..
        }) = argument.ty.as_ref()
        else {
            return Err(types::unsupported(&argument.ty, Use::Read));
        };
        if name == "parameters" {
            if position != last {
                return Err(Error::new_spanned(
                    &argument,
                    "`parameters` is the last argument",
                ));
            }
            parameters = Some(elem.as_ref().clone());
            continue;
        }
        types::check(elem, Use::Read)?;
        columns.push(Column {
            name: column_name(&name),
            summary,
            array: elem.as_ref().clone(),
        });
    }
    if columns.is_empty() {
        return Err(Error::new_spanned(
            &function,
            format!(
                "`{function}` reads no column: arguments are the columns that it reads, by name, such as `tenure: &Int64Array`"
            ),
        ));
    }
    Ok((columns, parameters))
}

fn argument_name(pattern: &Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Some(pattern.ident.clone())
        }
        _ => None,
    }
}

/// `r#type` reads the column `type`, and `_type` the same: it is how Rust marks what is not used.
fn column_name(argument: &Ident) -> String {
    let name = argument.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    name.trim_start_matches('_').to_owned()
}

/// The array of `Result<Array, Error>`, or the type itself.
fn made_array(output: &Type) -> &Type {
    if let Type::Path(path) = output
        && let Some(last) = path.path.segments.last()
        && last.ident == "Result"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(array)) = arguments.args.first()
    {
        return array;
    }
    output
}
