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
//! SQL lives in `sql/`, one object a file: `tables/`, `triggers/`, `views/`, `functions/` (the API) and
//! `internal/` (its helpers) make the install script in the order below; `statements/` is what the writing functions run.
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
mod row;
mod rules;
mod settings;
mod statement;
mod tasks;
mod triggers;
mod upkeep;
mod users;

use pgrx::extension_sql_file;

pgrx::pg_module_magic!(name, version);

/// Called by PostgreSQL when it loads the library.
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    guard::install();
}

extension_sql_file!("../sql/preflight.sql", name = "preflight", bootstrap);
extension_sql_file!("../sql/vacancy.sql", name = "vacancy", requires = ["preflight"]);
extension_sql_file!("../sql/tables/users.sql", name = "users", requires = ["vacancy"]);
extension_sql_file!("../sql/tables/users_rules.sql", name = "users_rules", requires = ["users"]);
extension_sql_file!("../sql/tables/tasks.sql", name = "tasks", requires = ["users_rules"]);
extension_sql_file!("../sql/tables/tasks_rules.sql", name = "tasks_rules", requires = ["tasks"]);
extension_sql_file!("../sql/tables/rights.sql", name = "tables_rights", requires = ["tasks_rules"]);
extension_sql_file!("../sql/tables/own_grants.sql", name = "own_grants", requires = ["tables_rights"]);

// All else requires the schema, if not directly: upgrade scripts make it by the same text.
extension_sql_file!("../sql/schema.sql", name = "schema", requires = ["own_grants"]);
extension_sql_file!("../sql/owner.sql", name = "owner", requires = ["schema"]);
extension_sql_file!("../sql/triggers/users_before_row.sql", name = "users_before_row", requires = ["schema"]);
extension_sql_file!("../sql/triggers/tasks_before_row.sql", name = "tasks_before_row", requires = ["schema"]);
extension_sql_file!("../sql/triggers/guard.sql", name = "guard", requires = ["schema"]);

extension_sql_file!("../sql/views/todo_users.sql", name = "todo_users", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_hash_password.sql", name = "todo_hash_password", requires = ["todo_users"]);
extension_sql_file!(
    "../sql/functions/todo_check_password.sql",
    name = "todo_check_password",
    requires = ["todo_users"]
);
extension_sql_file!("../sql/functions/todo_create_user.sql", name = "todo_create_user", requires = ["todo_users"]);
extension_sql_file!("../sql/functions/todo_get_user.sql", name = "todo_get_user", requires = ["todo_users"]);
extension_sql_file!("../sql/functions/todo_find_user.sql", name = "todo_find_user", requires = ["todo_users"]);
extension_sql_file!("../sql/functions/todo_update_user.sql", name = "todo_update_user", requires = ["todo_users"]);
extension_sql_file!("../sql/functions/todo_authenticate.sql", name = "todo_authenticate", requires = ["todo_users"]);
extension_sql_file!(
    "../sql/functions/todo_change_password.sql",
    name = "todo_change_password",
    requires = ["todo_users"]
);
extension_sql_file!(
    "../sql/functions/todo_set_password_hash.sql",
    name = "todo_set_password_hash",
    requires = ["todo_users"]
);
extension_sql_file!("../sql/functions/todo_verify_email.sql", name = "todo_verify_email", requires = ["todo_users"]);
extension_sql_file!("../sql/functions/todo_set_active.sql", name = "todo_set_active", requires = ["todo_users"]);
extension_sql_file!("../sql/functions/todo_delete_user.sql", name = "todo_delete_user", requires = ["todo_users"]);

extension_sql_file!("../sql/functions/todo_create_task.sql", name = "todo_create_task", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_get_task.sql", name = "todo_get_task", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_update_task.sql", name = "todo_update_task", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_toggle_task.sql", name = "todo_toggle_task", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_complete_task.sql", name = "todo_complete_task", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_delete_task.sql", name = "todo_delete_task", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_list_tasks.sql", name = "todo_list_tasks", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_pending_tasks.sql", name = "todo_pending_tasks", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_completed_tasks.sql", name = "todo_completed_tasks", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_complete_all.sql", name = "todo_complete_all", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_clear_completed.sql", name = "todo_clear_completed", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_task_counts.sql", name = "todo_task_counts", requires = ["schema"]);

extension_sql_file!("../sql/functions/todo_not_in_dumps.sql", name = "todo_not_in_dumps", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_release_tables.sql", name = "todo_release_tables", requires = ["schema"]);
extension_sql_file!("../sql/internal/broken_rule.sql", name = "broken_rule", requires = ["schema"]);
extension_sql_file!("../sql/internal/broken_time.sql", name = "broken_time", requires = ["schema"]);
extension_sql_file!("../sql/internal/library_version.sql", name = "library_version", requires = ["schema"]);
extension_sql_file!("../sql/internal/trimmed.sql", name = "trimmed", requires = ["schema"]);
extension_sql_file!("../sql/internal/member_functions.sql", name = "member_functions", requires = ["schema"]);
extension_sql_file!("../sql/internal/schema_for_grants.sql", name = "schema_for_grants", requires = ["schema"]);
extension_sql_file!("../sql/internal/refuse_foreign_code.sql", name = "refuse_foreign_code", requires = ["schema"]);
extension_sql_file!("../sql/internal/read_task_ids.sql", name = "read_task_ids", requires = ["schema"]);
extension_sql_file!("../sql/internal/task_ids.sql", name = "task_ids", requires = ["read_task_ids"]);
extension_sql_file!("../sql/internal/dangling_grants.sql", name = "dangling_grants", requires = ["schema"]);
extension_sql_file!("../sql/internal/forget_roles.sql", name = "forget_roles", requires = ["dangling_grants"]);
extension_sql_file!("../sql/internal/stray_rights.sql", name = "stray_rights", requires = ["schema"]);
extension_sql_file!(
    "../sql/functions/todo_check.sql",
    name = "todo_check",
    requires = ["task_ids", "dangling_grants", "stray_rights", "todo_not_in_dumps"]
);
extension_sql_file!("../sql/internal/own.sql", name = "own", requires = ["schema"]);
extension_sql_file!("../sql/internal/grant_to_owner.sql", name = "grant_to_owner", requires = ["schema"]);
extension_sql_file!("../sql/functions/todo_grant.sql", name = "todo_grant", requires = ["todo_users"]);
extension_sql_file!("../sql/functions/todo_revoke.sql", name = "todo_revoke", requires = ["todo_users"]);

extension_sql_file!("../sql/ownership.sql", name = "ownership", finalize);
