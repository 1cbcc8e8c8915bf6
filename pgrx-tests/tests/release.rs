//! Releases: `make freeze` in a copy of the repository, the symbols of the library, and the metadata.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use todo_tests::{Database, current_version, strings};

fn files(dir: &Path) -> BTreeMap<String, String> {
    let scripts = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let scripts = scripts.filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    scripts
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn run(dir: &Path, command: &str, arguments: &[&str]) -> Output {
    // Variables of the make that runs the tests must not reach this one.
    let mut command = Command::new(command);
    for variable in ["MAKEFLAGS", "PG", "NEW_PG"] {
        command.env_remove(variable);
    }
    command.args(arguments).current_dir(dir).output().unwrap()
}

/// A version to come, in a copy of what the step needs.
#[test]
fn freezing_keeps_the_scripts_as_they_were_tested() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let copy = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(Database::empty().name.clone());
    std::fs::create_dir_all(&copy).unwrap();
    for file in ["Makefile", "Cargo.toml", "sql"] {
        assert!(run(&top, "cp", &["-r", file, copy.to_str().unwrap()]).status.success());
    }
    assert!(run(&top, "cp", &["-r", "target/package", copy.join("package").to_str().unwrap()]).status.success());
    let packaged =
        Command::new("find").args([copy.join("package").to_str().unwrap(), "-name", "todo.control"]).output().unwrap();
    let control = PathBuf::from(String::from_utf8(packaged.stdout).unwrap().trim());
    let (dir, sql) = (control.parent().unwrap(), copy.join("sql"));
    let (now, next) = (current_version(), "9.0.0");
    let text = std::fs::read_to_string(&control).unwrap();
    std::fs::write(&control, text.replace(&format!("'{now}'"), &format!("'{next}'"))).unwrap();
    for extension in ["todo", "todo_auth"] {
        let made = dir.join(format!("{extension}--{now}.sql"));
        std::fs::copy(&made, dir.join(format!("{extension}--{next}.sql"))).unwrap();
        if !sql.join(format!("{extension}--{now}.sql")).exists() {
            std::fs::remove_file(made).unwrap();
        }
    }
    let step = format!("todo--{now}--{next}.sql");
    std::fs::create_dir_all(sql.join("unreleased")).unwrap();
    for place in [&sql.join("unreleased"), dir] {
        std::fs::write(place.join(&step), "-- Nothing has changed.\n").unwrap();
    }
    let tested = files(dir);
    assert!(tested.contains_key(&step) && tested.contains_key(&format!("todo_auth--{next}.sql")));
    let freeze = || run(&copy, "make", &["freeze", "CARGO=", "PACKAGE=package"]);

    let output = freeze();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let frozen: BTreeMap<_, _> = files(&sql).into_iter().filter(|(name, _)| name.starts_with("todo")).collect();
    assert!(frozen == tested, "{:?} {:?}", frozen.keys(), tested.keys());
    for part in ["todo", "todo_auth", "todo_guard"] {
        let built = run(&copy, "sql/edition/build.sh", &[part, next]).stdout;
        let kept = std::fs::read(sql.join(format!("edition/released/{part}-{next}.sql"))).unwrap();
        assert!(kept == built && String::from_utf8(kept).unwrap().contains(next), "{part}");
    }
    assert!(!sql.join("unreleased").exists());
    assert!(run(&sql, "sha256sum", &["--check", "--strict", "SHA256SUMS"]).status.success());
    assert!(!freeze().status.success(), "a frozen version cannot be frozen again");

    // A build with the frozen scripts succeeds. With another schema in the same version, it fails.
    let assemble = || run(&copy, "sql/assemble.sh", &[dir.to_str().unwrap()]).status.success();
    for name in frozen.keys() {
        std::fs::remove_file(dir.join(name)).unwrap();
    }
    assert!(assemble());
    assert!(files(dir) == frozen);
    for (list, added) in [
        ("install.sql", "CREATE TABLE @extschema@.more ();"),
        ("edition/install.sql", "CREATE TABLE @extschema@.more ();"),
        ("edition/guard/install.sql", "CREATE TABLE todo_guard.more ();"),
    ] {
        let before = std::fs::read_to_string(sql.join(list)).unwrap();
        std::fs::write(sql.join(list), format!("{before}{added}\n")).unwrap();
        assert!(!assemble(), "{list}");
        std::fs::write(sql.join(list), format!("{before}-- A comment is no change.\n")).unwrap();
        assert!(assemble(), "{list}");
    }
    std::fs::remove_dir_all(copy).unwrap();
}

/// The library has every symbol that any script names. Otherwise, functions of databases at older versions would fail.
#[test]
fn the_library_has_every_symbol_that_scripts_name() {
    let mut database = Database::new();
    let scripts =
        strings(&mut database.client, "SELECT setting || '/extension' FROM pg_config WHERE name = 'SHAREDIR'");
    let mut symbols = Vec::new();
    for (name, text) in files(Path::new(&scripts[0])) {
        if name.starts_with("todo--") {
            let named =
                text.split("'MODULE_PATHNAME', '").skip(1).map(|rest| rest.split('\'').next().unwrap().to_owned());
            symbols.extend(named);
        }
    }
    assert!(symbols.len() > 40, "{symbols:?}");
    database.client.batch_execute("CREATE SCHEMA symbols; SET search_path = symbols").unwrap();
    for symbol in symbols {
        // Declaring a function in C looks its symbol up.
        let declare = format!(
            "CREATE FUNCTION {symbol}() RETURNS void LANGUAGE c AS '$libdir/todo', '{symbol}'; DROP FUNCTION {symbol}"
        );
        database.client.batch_execute(&declare).unwrap_or_else(|e| panic!("{symbol}: {e}"));
    }
}

/// What PGXN reads names the version that the control files name.
#[test]
fn the_metadata_has_the_current_version() {
    let meta: serde_json::Value = serde_json::from_str(include_str!("../../META.json")).unwrap();
    let provided = ["todo", "todo_auth"].map(|extension| &meta["provides"][extension]["version"]);
    for version in [&meta["version"]].into_iter().chain(provided) {
        assert_eq!(version, current_version());
    }
    let available = "SELECT default_version FROM pg_available_extensions WHERE name IN ('todo', 'todo_auth')";
    let client = &mut Database::empty().client;
    assert_eq!(strings(client, available), [current_version(); 2]);
}
