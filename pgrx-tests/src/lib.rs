//! What the tests share.
//!
//! | room | what lives there |
//! |---|---|
//! | [`server`] | the cluster that `cluster.sh exec` started, and clusters besides it |
//! | [`database`] | a database for each test |
//! | [`edition`] | the edition that is tested: the extension, or the SQL edition |
//! | [`role`] | roles, which are dropped with their test's database |
//! | [`docs`] | the pages of the documentation |
//! | [`functions`] | the table of all functions: sample arguments, effect, who may call them |
//! | [`passwords`] | passwords and hashes, by the functions and by other programs |
//! | [`task`] | tasks as a client sees them |
//! | [`state`] | what is in a database, as text to compare |
//! | [`failure`] | errors by their fields |
//! | [`fixtures`] | texts and values that several tests use |
//! | [`guarded`] | commands that a guard refuses |
//! | [`sql_guard`] | the guard of the SQL edition, as its tests see it |
//! | [`admin`] | `todo-admin` as an operator runs it |
//! | [`shards`] | several servers among which the users are spread |
//! | [`relocation`] | shards that move and split, with users and tasks |
//! | [`writers`] | clients that write while shards move and crash |
//! | [`moves`] | `todo-admin move`, and what it must not lose |
//! | [`isolated`] | an isolated role, and what belongs to users |
//! | [`interleaving`] | steps of several sessions, in all orders |
//! | [`waiting`] | waiting for a state of a server, with a deadline |
//! | [`attack`] | a role that tries to become superuser |
//! | [`random`] | pseudo-random numbers, which a seed repeats |
//! | [`raw_text`] | bytes that a client sends as text, valid or not |
//! | [`memory`] | what calls leave in a backend's memory |
//! | [`fuzz`] | functions called with random and malformed arguments |

pub mod admin;
pub mod attack;
pub mod database;
pub mod docs;
pub mod edition;
pub mod failure;
pub mod fixtures;
pub mod functions;
pub mod fuzz;
pub mod guarded;
pub mod interleaving;
pub mod isolated;
pub mod memory;
pub mod moves;
pub mod passwords;
pub mod random;
pub mod raw_text;
pub mod relocation;
pub mod role;
pub mod server;
pub mod shards;
pub mod sql_guard;
pub mod state;
pub mod task;
pub mod waiting;
pub mod writers;

pub use admin::{Said, admin, said};
pub use database::Database;
pub use edition::Edition;
pub use failure::{Failure, Fields};
pub use fixtures::{
    AUTH_SESSION, EXTRAS, HASH, PATTERNS, PATTERNS_BY_FUNCTION, RELEASED, SAMPLE_DATA, TO_ADOPT, current_version,
    scrypt, versions,
};
pub use server::{Server, last_restart, server_log};
pub use state::{catalog, catalog_of, keeps_options, major, rows, strings};
pub use task::{Task, Timestamp, task, tasks};
