//! What can be tried. The outcome is a text: what came of it, or the error.

use stepwell_sdk::prelude::*;
use wasip2::cli::{environment, exit, stderr, stdout};
use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{Fields, Method, OutgoingRequest, Scheme};
use wasip2::io::streams::OutputStream;
use wasip2::random::{insecure_seed, random};
use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

pub(crate) fn attempt(attempt: &str, secret: &str) -> Result<String, StepError> {
    let (verb, rest) = attempt.split_once(' ').unwrap_or((attempt, ""));
    let file = |outcome: Result<String, ErrorCode>| {
        outcome.unwrap_or_else(|error| error.name().to_owned())
    };
    Ok(match verb {
        "directories" => directories(),
        "read" => file(read(rest)),
        "list" => file(list(rest)),
        "write" => file(write(rest)),
        "remove" => file(remove(rest)),
        "link" => file(link(rest)),
        "env" => variable(rest),
        "arguments" => environment::get_arguments().join(","),
        "time" => wall_clock::now().seconds.to_string(),
        "wait" => wait(rest),
        "random" => random::get_random_u64().to_string(),
        "hash_seed" => format!("{:?}", insecure_seed::insecure_seed()),
        "get" => request(Method::Get, rest),
        "post" => request(Method::Post, rest),
        "socket" => match create_tcp_socket(IpAddressFamily::Ipv4) {
            Ok(_) => "opened".to_owned(),
            Err(error) => error.name().to_owned(),
        },
        "artifact" => match artifact::read(rest) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => error.code,
        },
        "print" => print(&stdout::get_stdout(), rest),
        "complain" => print(&stderr::get_stderr(), rest),
        "tell" => {
            log::info!("the key is {secret}");
            print(&stdout::get_stdout(), &format!("printed {secret}\n"))
        }
        "use" => format!("{} bytes", secret.len()),
        "fail" => {
            return Err(
                StepError::new("bad_key", format!("`{secret}` is no key")).with_hint(secret)
            );
        }
        "panic" => panic!("no luck with {secret}"),
        "exit" => {
            exit::exit(Err(()));
            String::new()
        }
        _ => String::new(),
    })
}

/// The directory that a path begins with, as a C library finds it, and the rest of the path.
fn directory(path: &str) -> Result<(Descriptor, String), ErrorCode> {
    let found = get_directories().into_iter().find_map(|(directory, name)| {
        let rest = path.strip_prefix(&name)?.strip_prefix('/')?.to_owned();
        Some((directory, rest))
    });
    found.ok_or(ErrorCode::BadDescriptor)
}

fn directories() -> String {
    let names = get_directories().into_iter().map(|(_, name)| name);
    names.collect::<Vec<_>>().join(",")
}

fn read(path: &str) -> Result<String, ErrorCode> {
    let (directory, rest) = directory(path)?;
    let file = directory.open_at(
        PathFlags::SYMLINK_FOLLOW,
        &rest,
        OpenFlags::empty(),
        DescriptorFlags::READ,
    )?;
    let (bytes, _) = file.read(1 << 10, 0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn list(path: &str) -> Result<String, ErrorCode> {
    let (directory, rest) = directory(path)?;
    let folder = directory.open_at(
        PathFlags::SYMLINK_FOLLOW,
        &rest,
        OpenFlags::DIRECTORY,
        DescriptorFlags::READ,
    )?;
    let stream = folder.read_directory()?;
    let mut names = Vec::new();
    while let Some(entry) = stream.read_directory_entry()? {
        names.push(entry.name);
    }
    names.sort_unstable();
    Ok(names.join(","))
}

fn write(path: &str) -> Result<String, ErrorCode> {
    let (directory, rest) = directory(path)?;
    let file = directory.open_at(
        PathFlags::SYMLINK_FOLLOW,
        &rest,
        OpenFlags::CREATE | OpenFlags::TRUNCATE,
        DescriptorFlags::WRITE,
    )?;
    let written = file.write(b"written by a step", 0)?;
    Ok(format!("{written} bytes"))
}

fn remove(path: &str) -> Result<String, ErrorCode> {
    let (directory, rest) = directory(path)?;
    directory.unlink_file_at(&rest)?;
    Ok("removed".to_owned())
}

/// `link TARGET PATH` makes a symbolic link.
fn link(rest: &str) -> Result<String, ErrorCode> {
    let (target, path) = rest.split_once(' ').unwrap_or((rest, ""));
    let (directory, rest) = directory(path)?;
    directory.symlink_at(target, &rest)?;
    Ok("linked".to_owned())
}

fn variable(name: &str) -> String {
    let variables = environment::get_environment();
    if name.is_empty() {
        let names = variables.into_iter().map(|(name, _)| name);
        return names.collect::<Vec<_>>().join(",");
    }
    let found = variables.into_iter().find(|(other, _)| other == name);
    found.map_or_else(|| "not set".to_owned(), |(_, value)| value)
}

fn wait(milliseconds: &str) -> String {
    let milliseconds: u64 = milliseconds.parse().unwrap_or(u64::MAX / 1_000_000);
    monotonic_clock::subscribe_duration(milliseconds * 1_000_000).block();
    "waited".to_owned()
}

fn print(stream: &OutputStream, text: &str) -> String {
    match stream.blocking_write_and_flush(text.as_bytes()) {
        Ok(()) => "printed".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn request(method: Method, url: &str) -> String {
    let (scheme, rest) = match url.strip_prefix("http://") {
        Some(rest) => (Scheme::Http, rest),
        None => (Scheme::Https, url.trim_start_matches("https://")),
    };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let request = OutgoingRequest::new(Fields::new());
    let is_set = request.set_method(&method).is_ok()
        && request.set_scheme(Some(&scheme)).is_ok()
        && request.set_authority(Some(authority)).is_ok()
        && request.set_path_with_query(Some(path)).is_ok();
    if !is_set {
        return "not a request".to_owned();
    }
    let response = match outgoing_handler::handle(request, None) {
        Ok(response) => response,
        Err(error) => return error.to_string(),
    };
    response.subscribe().block();
    match response.get() {
        Some(Ok(Ok(response))) => {
            let status = response.status();
            let Ok(body) = response.consume() else {
                return status.to_string();
            };
            let bytes = body.stream().map(|stream| stream.blocking_read(1 << 10));
            match bytes {
                Ok(Ok(bytes)) => format!("{status} {}", String::from_utf8_lossy(&bytes)),
                _ => status.to_string(),
            }
        }
        Some(Ok(Err(error))) => error.to_string(),
        other => format!("{other:?}"),
    }
}
