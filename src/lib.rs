//! `todo`: users and tasks of a to-do application inside PostgreSQL.
//!
//! | room | what lives there |
//! |---|---|
//! | [`rules`] | what a title, name, description, e-mail address and password hash may be; pure functions |
//! | [`error`] | how a broken rule becomes a PostgreSQL error with its fields |
//! | [`boundary`] | how PostgreSQL calls into this library, and how results go back |
//! | [`ffi`] | PostgreSQL's functions that are called without pgrx between |
//! | [`statement`] | SQL statements whose plans are kept per session |
//! | [`owner`] | the rights of the tables' owner, and whom they never act for |
//! | [`row`] | the row a trigger sees and may change |
//! | [`triggers`] | the row triggers of both tables |
//! | [`guard`] | the event trigger that keeps both tables from being lost or changed |
//! | [`upkeep`] | the rules as functions, for values that were stored before the rules |
//! | [`settings`] | `todo.bcrypt_cost`, `todo.guard` |
//! | [`password`] | hashing and verifying passwords |
//! | [`password_rule`] | how long a password may be, and in which form it is hashed, for `todo-admin` as well |
//! | [`users`] | the functions that write users, and the login |
//! | [`tasks`] | the functions that write tasks (those that read are plain SQL, in `sql/functions/`) |
//!
//! SQL lives in `sql/`, one object a file. `install.sql` puts the install script together from `tables/`, `triggers/`, `views/`,
//! `functions/` (the API) and `internal/` (its helpers). `statements/` is what the writing functions run.
//! `auth/` is the companion extension `todo_auth`, which is SQL alone.
//! `admin/` is what the binary `todo-admin` (`src/bin/todo-admin/`) asks.
//! Scripts between versions are `sql/todo--*.sql` once they are frozen, and in `sql/unreleased/` until then.

mod boundary;
mod error;
mod ffi;
mod guard;
mod owner;
mod password;
mod password_rule;
#[cfg(test)]
mod pg_test;
mod row;
mod rules;
mod settings;
mod statement;
mod tasks;
mod triggers;
mod upkeep;
mod users;

pgrx::pg_module_magic!(name, version);

/// Called by PostgreSQL when it loads the library.
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    guard::install();
}

// The install script for cargo-pgrx, which `sql/build.rs` makes of `sql/install.sql`.
include!(concat!(env!("OUT_DIR"), "/install.rs"));
