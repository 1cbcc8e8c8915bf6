//! Puts the install script together for cargo-pgrx, which takes it from the library, and the scripts of the SQL edition
//! for todo-admin.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=sql");
    let dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let print = |script: &str, arguments: &[&str], into: &str| {
        let printed = Command::new(script).args(arguments).output().expect("the script can be run");
        assert!(printed.status.success(), "{script}: {}", String::from_utf8_lossy(&printed.stderr));
        let file = dir.join(into);
        fs::write(&file, printed.stdout).expect("OUT_DIR can be written");
        file
    };
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets the version");
    for part in ["todo", "todo_auth", "todo_guard"] {
        print("sql/edition/build.sh", &[part, &version], &format!("{part}.sql"));
    }
    let script = print("sql/expand.sh", &["install.sql"], "install.sql");
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
