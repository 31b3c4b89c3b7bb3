//! The arguments of `#[step(…)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitStr, Token, parenthesized};

/// What `#[step(…)]` says.
#[derive(Default)]
pub(crate) struct Attribute {
    name: Option<LitStr>,
    version: Option<LitStr>,
    pub(crate) inputs: Option<Ports>,
    pub(crate) outputs: Option<Ports>,
}

/// `inputs(left = "…", right = "…")`.
pub(crate) struct Ports {
    pub(crate) keyword: Ident,
    ports: Punctuated<Port, Token![,]>,
}

struct Port {
    name: Ident,
    summary: LitStr,
}

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attribute = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            match key.to_string().as_str() {
                "name" => set(
                    &mut attribute.name,
                    checked(text(input)?, is_name, NAME_RULE)?,
                    &key,
                )?,
                "version" => set(
                    &mut attribute.version,
                    checked(text(input)?, is_version, VERSION_RULE)?,
                    &key,
                )?,
                "inputs" => set(&mut attribute.inputs, ports(input, key.clone())?, &key)?,
                "outputs" => set(&mut attribute.outputs, ports(input, key.clone())?, &key)?,
                _ => {
                    return Err(Error::new(
                        key.span(),
                        format!(
                            "`#[step]` takes `name`, `version`, `inputs` and `outputs`, not `{key}`"
                        ),
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(attribute)
    }
}

impl Attribute {
    /// An expression of type `String`.
    pub(crate) fn name(&self) -> TokenStream {
        match &self.name {
            Some(name) => quote!(::std::string::String::from(#name)),
            None => quote!(
                ::std::env!("CARGO_PKG_NAME")
                    .to_lowercase()
                    .replace('_', "-")
            ),
        }
    }

    /// An expression of type `&'static str`.
    pub(crate) fn version(&self) -> TokenStream {
        match &self.version {
            Some(version) => quote!(#version),
            None => quote!(::std::env!("CARGO_PKG_VERSION")),
        }
    }
}

impl Ports {
    /// An expression of type `Vec<Port>`; one port of this name where none were given.
    pub(crate) fn expression(ports: Option<&Self>, default_name: &str) -> TokenStream {
        let (names, summaries): (Vec<_>, Vec<_>) = match ports {
            Some(ports) => ports
                .ports
                .iter()
                .map(|port| (port.name.to_string(), port.summary.value()))
                .unzip(),
            None => (vec![default_name.to_owned()], vec![String::new()]),
        };
        quote!(::std::vec![#(::stepwell_sdk::Port::new(#names, #summaries)),*])
    }
}

const NAME_RULE: &str = "a step's name is lowercase words joined by `-`, such as `parse-dates`";
const VERSION_RULE: &str = "a step's version is a semantic version, such as `0.1.0`";

fn is_name(name: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit())
    };
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('-').all(word)
}

fn is_version(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or(version);
    let numbers: Vec<_> = core.split('.').collect();
    numbers.len() == 3
        && numbers
            .iter()
            .all(|number| !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit()))
}

fn text(input: ParseStream<'_>) -> syn::Result<LitStr> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn checked(text: LitStr, holds: fn(&str) -> bool, rule: &str) -> syn::Result<LitStr> {
    if holds(&text.value()) {
        Ok(text)
    } else {
        Err(Error::new(text.span(), rule))
    }
}

fn set<T>(place: &mut Option<T>, value: T, key: &Ident) -> syn::Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(key.span(), format!("`{key}` is given twice"))),
    }
}

fn ports(input: ParseStream<'_>, keyword: Ident) -> syn::Result<Ports> {
    let content;
    parenthesized!(content in input);
    let ports = content.parse_terminated(Port::parse, Token![,])?;
    if ports.is_empty() {
        let message = format!("a step has at least one port: `{keyword}(left = \"What it is.\")`");
        return Err(Error::new(keyword.span(), message));
    }
    for (position, port) in ports.iter().enumerate() {
        if ports
            .iter()
            .take(position)
            .any(|other| other.name == port.name)
        {
            return Err(Error::new(
                port.name.span(),
                format!("there are two ports `{}`", port.name),
            ));
        }
    }
    Ok(Ports { keyword, ports })
}

impl Parse for Port {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self {
            name,
            summary: input.parse()?,
        })
    }
}
