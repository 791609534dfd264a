//! Puts the shipped signatures into the library, so that the engine needs no files: one constant of (path, text) pairs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let signatures = here.join("../signatures").canonicalize()?;
    let mut files = vec![signatures.join("categories.toml")];
    let apps = signatures.join("apps");
    println!("cargo:rerun-if-changed={}", apps.display());
    for entry in fs::read_dir(&apps)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    // The order of a directory is the file system's; the order of applications must not be.
    files.sort();
    let mut listing = String::from("&[\n");
    for path in &files {
        println!("cargo:rerun-if-changed={}", path.display());
        let shown = Path::new("signatures").join(path.strip_prefix(&signatures).unwrap_or(path));
        let _ = writeln!(
            listing,
            "    ({:?}, include_str!({:?})),",
            shown.display().to_string(),
            path.display().to_string()
        );
    }
    listing += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("signatures.rs"), listing)
}
