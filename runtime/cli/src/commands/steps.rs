//! `stepwell steps`.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;
use stepwell::{Error, Host, InstalledStep, Step};

use crate::arguments::StepsArguments;
use crate::show::table::aligned;
use crate::show::text::safe_line;
use crate::show::{print, print_json};

#[derive(Serialize)]
struct Listed {
    name: String,
    version: String,
    summary: String,
    path: String,
}

pub(crate) fn run(arguments: &StepsArguments) -> Result<ExitCode> {
    let host = Host::for_user()?;
    let installed = host.library().list();
    if installed.is_empty() {
        return Err(Error::NoStepsInstalled {
            reference: "std".to_owned(),
            searched: host.library().folders().to_vec(),
        }
        .into());
    }
    let listed: Vec<Listed> = installed.iter().map(|step| listed(&host, step)).collect();
    if arguments.json {
        print_json(&listed)?;
    } else {
        let rows = listed
            .into_iter()
            .map(|step| vec![step.name, step.version, safe_line(&step.summary)]);
        print(&aligned(None, rows.collect(), &[1, 2]))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A step that cannot be loaded is listed all the same, with the reason.
fn listed(host: &Host, installed: &InstalledStep) -> Listed {
    let path = installed.path.display().to_string();
    let description = Step::load(host, &path).and_then(|step| step.description());
    Listed {
        name: installed.reference(),
        version: installed.version.to_string(),
        summary: match description {
            Ok(description) => description.summary.clone(),
            Err(error) => format!("({error})"),
        },
        path,
    }
}
