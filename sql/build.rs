//! Puts the install script together for cargo-pgrx, which takes it from the library.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=sql");
    let expanded = Command::new("sql/expand.sh").arg("install.sql").output().expect("sql/expand.sh can be run");
    assert!(expanded.status.success(), "{}", String::from_utf8_lossy(&expanded.stderr));
    let dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let script = dir.join("install.sql");
    fs::write(&script, expanded.stdout).expect("OUT_DIR can be written");
    // The macro takes only a literal.
    let declaration = format!("pgrx::extension_sql_file!({script:?}, bootstrap);\n");
    fs::write(dir.join("install.rs"), declaration).expect("OUT_DIR can be written");

    // cargo-pgrx reads the script, and what the library tells about its functions, from a section that nothing refers to. This
    // flag makes the linker keep that section, even in builds without cargo-pgrx.
    let target = |name: &str| env::var(name).unwrap_or_default();
    if target("CARGO_CFG_TARGET_FAMILY") == "unix" && target("CARGO_CFG_TARGET_OS") != "macos" {
        println!("cargo::rustc-link-arg-cdylib=-Wl,--no-gc-sections");
    }
}
