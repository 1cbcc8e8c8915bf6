//! Texts and values that several tests use.

/// The released versions, oldest first.
pub const RELEASED: [&str; 3] = ["0.1.0", "0.2.0", "1.0.0"];

/// The version that this checkout makes: the one in `Cargo.toml`.
pub fn current_version() -> &'static str {
    let manifest = include_str!("../../Cargo.toml").lines();
    let mut versions = manifest.filter_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    versions.next().expect("the package has a version")
}

/// The released versions and the current one, oldest first.
pub fn versions() -> Vec<&'static str> {
    RELEASED.into_iter().chain([current_version()]).collect()
}

/// The specification's sample data, to the letter.
pub const SAMPLE_DATA: &str = include_str!("../fixtures/sample_data.sql");
/// The specification's seven query patterns, to the letter.
pub const PATTERNS: &str = include_str!("../fixtures/patterns.sql");
/// The same seven through the functions.
pub const PATTERNS_BY_FUNCTION: &str = include_str!("../fixtures/patterns_by_function.sql");

/// Tables that other tools have made from the specification, and that can be adopted: the tool, and the statements.
pub const TO_ADOPT: [(&str, &str); 4] = [
    ("the DDL", include_str!("../fixtures/adopt/ddl.sql")),
    ("Alembic", include_str!("../fixtures/adopt/alembic.sql")),
    ("SQLModel", include_str!("../fixtures/adopt/sqlmodel.sql")),
    ("released tables", "CREATE EXTENSION todo; SELECT todo_release_tables(); DROP EXTENSION todo"),
];

/// What an application may add to the tables, and dumps leave out: one of each kind. `ROLE Odd` stands for the name of a role.
pub const EXTRAS: &str = include_str!("../fixtures/extras.sql");

/// A bcrypt hash, for columns that need one. Tests bind it, so that no server log shows it.
pub const HASH: &str = "$2b$12$LQv3c1yqBWVHxkd0LHAkCOYz6TtxMQJqhN8/X4SIYoqLJ2NXC.Ky2";

/// A hash in the form of Better Auth's default, scrypt.
pub fn scrypt() -> String {
    format!("{}:{}", "0f".repeat(16), "a1".repeat(64))
}

/// Creates a session in todo_auth. The parameters are the token and the user.
pub const AUTH_SESSION: &str =
    "INSERT INTO todo_auth.session (token, \"expiresAt\", \"userId\") VALUES ($1, now(), $2)";
