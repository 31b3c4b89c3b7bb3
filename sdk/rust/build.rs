//! Prepares the contract for the parser of the bindings' generator.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let contract = Path::new("../wit/step.wit");
    println!("cargo::rerun-if-changed={}", contract.display());
    println!("cargo::rerun-if-changed=build.rs");
    // `map` has become a keyword of WIT. Escaped it is the same name, so the component's type is the contract's.
    let text = fs::read_to_string(contract)?.replace("\n        map,\n", "\n        %map,\n");
    let folder = Path::new(&env::var("OUT_DIR")?).join("wit");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("step.wit"), text)?;
    Ok(())
}
