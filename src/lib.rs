//! `todo`: the users and tasks of a to-do application, inside PostgreSQL.
//!
//! A SQL function in `sql/` with LANGUAGE c calls a Rust function of the same name. That function checks its arguments and runs
//! one SQL statement, or it is a trigger that changes or refuses a row.
//!
//! | what SQL calls | |
//! |---|---|
//! | [`users`] | the functions that write users, and the login |
//! | [`tasks`] | the functions that write tasks; those that read are plain SQL |
//! | [`password`] | hashing and verifying passwords |
//! | [`triggers`] | the row triggers of both tables |
//! | [`guard`] | the event trigger that protects both tables from being lost or changed |
//! | [`internal`] | helpers of scripts and of other functions |
//!
//! | what is allowed | |
//! |---|---|
//! | [`rules`] | titles, names, e-mail addresses and other values: pure functions |
//! | [`password_rule`] | the length and form of a password; `todo-admin` uses it as well |
//! | [`settings`] | `todo.bcrypt_cost`, `todo.guard` |
//!
//! | how PostgreSQL is called | |
//! |---|---|
//! | [`boundary`] | how PostgreSQL calls into this library, and how results go back |
//! | [`error`] | errors with SQLSTATE, table, column and constraint |
//! | [`ffi`] | PostgreSQL's functions that are called directly, without pgrx |
//! | [`row`] | the row that a trigger sees and may change |
//! | [`statement`] | the statements in `sql/statements/`, whose plans are kept |
//! | [`transaction`] | the running transaction: its time and its locks |
//! | [`catalog`] | PostgreSQL's catalogs, read without SQL |
//!
//! | with whose rights | |
//! |---|---|
//! | [`owner`] | the tables' owner, with whose rights functions on users run |
//! | [`role`] | acting as another role |
//! | [`isolation`] | roles that see the rows of one user only |
//! | [`foreign_code`] | triggers of other roles, which must not run with these rights |
//! | [`membership`] | what belongs to `todo`, and to the extensions that require it |
//!
//! | `sql/` | one object in each file |
//! |---|---|
//! | `install.sql` | the list of files that make up the install script |
//! | `tables/`, `views/`, `triggers/`, `functions/`, `internal/` | the schema, the functions for applications, and their helpers |
//! | `checks/` | what `todo_check()` calls, one concern in each file |
//! | `statements/` | what the writing functions run |
//! | `auth/` | the extension `todo_auth`, which is only SQL |
//! | `edition/` | what differs in the SQL edition, which needs no library |
//! | `admin/` | the queries of the program `todo-admin`, which is `src/bin/todo-admin/` |
//! | `todo--*.sql`, `unreleased/` | scripts that lead from one version to another: the released ones, and those not released yet |
//! | `upgrade/` | steps of these scripts |

mod boundary;
mod catalog;
mod error;
mod ffi;
mod foreign_code;
mod guard;
mod internal;
mod isolation;
mod membership;
mod owner;
mod password;
mod password_rule;
#[cfg(test)]
mod pg_test;
mod role;
mod row;
mod rules;
mod settings;
mod statement;
mod tasks;
mod transaction;
mod triggers;
mod users;

pgrx::pg_module_magic!(name, version);

/// Called by PostgreSQL when it loads the library.
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    catalog::install();
    guard::install();
}

// The install script, for cargo-pgrx: `sql/build.rs` puts it together from `sql/install.sql`.
include!(concat!(env!("OUT_DIR"), "/install.rs"));
