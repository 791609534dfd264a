//! Compiles the kernel part with clang and embeds it. Without clang, or without the kernel's and libbpf's headers, the
//! crate builds all the same: the gateway then says what is missing and falls back to a tap.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=bpf");
    println!("cargo:rerun-if-env-changed=PEERGATE_CLANG");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let object = out.join("gate.bpf.o");
    if let Err(problem) = compile(&object) {
        println!("cargo:warning=the bridge's kernel part was not built: {problem}");
        // A file that is never there: so the next build asks again whether what was missing has come.
        println!("cargo:rerun-if-changed={}", out.join("clang-was-missing").display());
        // An empty object says "missing" at run time, and keeps the include in src/object.rs plain.
        if let Err(problem) = fs::write(&object, []) {
            println!("cargo:warning=cannot write {}: {problem}", object.display());
        }
    }
}

fn compile(object: &Path) -> Result<(), String> {
    let clang = env::var("PEERGATE_CLANG").unwrap_or_else(|_| "clang".to_owned());
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let endian = env::var("CARGO_CFG_TARGET_ENDIAN").unwrap_or_default();
    let output = Command::new(&clang)
        .args(["-O2", "-g", "-Wall", "-Werror", "-mcpu=v3", "-target"])
        .arg(if endian == "big" { "bpfeb" } else { "bpfel" })
        // Debian keeps asm/types.h where only its own compilers look.
        .arg(format!("-I/usr/include/{arch}-linux-gnu"))
        .args(["-c", "bpf/gate.bpf.c", "-o"])
        .arg(object)
        .output()
        .map_err(|problem| format!("{clang}: {problem} (Debian: apt-get install clang libbpf-dev)"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().take(3).collect::<Vec<_>>().join("; "))
}
