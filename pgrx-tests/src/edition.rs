//! The edition that is tested: the SQL edition if `TODO_EDITION` is `sql`, otherwise the extension.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    Extension,
    Sql,
}

impl Edition {
    /// The edition of this run.
    pub fn current() -> Self {
        match std::env::var("TODO_EDITION").as_deref() {
            Err(_) | Ok("extension") => Self::Extension,
            Ok("sql") => Self::Sql,
            Ok(other) => panic!("TODO_EDITION is {other}, which is no edition"),
        }
    }

    /// Statements that install it in schema public. The SQL edition gets an owner: a role whose name begins with that of the database, and
    /// which then owns the database. Its only attribute is CREATEDB, because todo-admin verifies backups in a new database.
    pub fn install(self, database: &str) -> String {
        self.install_at("", "", database)
    }

    /// The same in a new schema, which anyone may use. The caller quotes its name if necessary.
    pub fn install_in(self, schema: &str, database: &str) -> String {
        let create =
            format!("CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO PUBLIC; SET search_path = {schema};");
        self.install_at(&create, "RESET search_path;", database)
    }

    /// The same with statements before and after, which the role that installs it runs, too.
    fn install_at(self, before: &str, after: &str, database: &str) -> String {
        match self {
            Self::Extension => format!("{before} CREATE EXTENSION todo; {after}"),
            Self::Sql => format!(
                "CREATE ROLE {database}_installer LOGIN CREATEDB;
                 ALTER DATABASE {database} OWNER TO {database}_installer;
                 CREATE EXTENSION pgcrypto;
                 SET ROLE {database}_installer;
                 {before} {}; {after}
                 RESET ROLE",
                script("todo")
            ),
        }
    }

    /// The role that installs it and backs it up.
    pub fn owner(self, database: &str) -> String {
        match self {
            Self::Extension => "postgres".to_owned(),
            Self::Sql => format!("{database}_installer"),
        }
    }

    /// Statements that then install todo_auth.
    pub fn install_auth(self, database: &str) -> String {
        match self {
            Self::Extension => "CREATE EXTENSION todo_auth".to_owned(),
            Self::Sql => format!("SET ROLE {database}_installer; {}; RESET ROLE", script("todo_auth")),
        }
    }

    /// The query as it is for this edition: the SQL edition has views in place of the catalogs of extensions.
    pub fn catalogs(self, query: &str) -> String {
        match self {
            Self::Extension => query.to_owned(),
            Self::Sql => query
                .replace("pg_extension AS", "todo_internal.extension AS")
                .replace("pg_depend AS", "todo_internal.depend AS"),
        }
    }

    /// A statement that sets the cost of new hashes: for the session, or in the SQL edition for the database.
    pub fn set_cost(self, cost: u32) -> String {
        match self {
            Self::Extension => format!("SET todo.bcrypt_cost = {cost}"),
            Self::Sql => format!("SELECT todo_internal.set_bcrypt_cost({cost})"),
        }
    }
}

/// The script that installs a part of the SQL edition of this checkout.
pub fn script(part: &str) -> &'static str {
    static SCRIPTS: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];
    let place = ["todo", "todo_auth", "todo_guard"].iter().position(|&known| known == part);
    SCRIPTS[place.expect("a part of the SQL edition")].get_or_init(|| {
        let build = top().join("sql/edition/build.sh");
        let output = Command::new(build).args([part, crate::current_version()]).output().expect("build.sh can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    })
}

/// The script of a part of the SQL edition, as it was released in a version.
pub fn released_script(part: &str, version: &str) -> String {
    let path = format!("sql/edition/released/{part}-{version}.sql");
    std::fs::read_to_string(top().join(&path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The released versions that have a SQL edition: those of the extension since 1.1.0.
pub fn released() -> Vec<String> {
    let without = ["0.1.0", "0.2.0", "1.0.0"];
    let files = std::fs::read_dir(top().join("sql")).expect("a folder").map(|file| file.expect("a file").file_name());
    let version = |file: &str| Some(file.strip_prefix("todo--")?.strip_suffix(".sql")?.to_owned());
    files
        .filter_map(|file| version(file.to_str()?))
        .filter(|version| {
            version.starts_with(char::is_numeric) && !version.contains("--") && !without.contains(&&**version)
        })
        .collect()
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A script of the SQL edition as an older version might have had it: it lacks some objects of this version, and has some that this
/// version lacks.
pub fn older() -> String {
    let older = script("todo")
        .replace(&format!("VALUES ('todo', '{}')", crate::current_version()), "VALUES ('todo', '1.0.9')")
        .replace(&format!("string_to_array('{}'", crate::current_version()), "string_to_array('1.0.9'")
        .replace("CREATE INDEX ix_tasks_created_at ON", "CREATE INDEX ix_tasks_older ON")
        .replace("ADD CONSTRAINT users_name_check CHECK", "ADD CONSTRAINT users_older_check CHECK")
        .replace("ALTER TABLE @extschema@.tasks ENABLE ALWAYS TRIGGER", "ALTER TABLE @extschema@.tasks ENABLE TRIGGER")
        .replace("description  text,", "description  text NOT NULL DEFAULT '',")
        .replace("todo_task_counts(", "todo_older(")
        .replace("ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC", "ORDER BY task.id");
    assert!(!older.contains("ix_tasks_created_at") && older.contains("'1.0.9'") && !older.contains("todo_task_counts"));
    older
}
