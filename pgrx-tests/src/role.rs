//! Roles of a test. They have the name of its database in theirs, and are dropped with it.

use crate::Database;
use postgres::{Client, NoTls};

impl Database {
    /// A new role of this test, which may log in.
    pub fn role(&self, name: &str) -> String {
        let role = format!("{}_{name}", self.name);
        self.connect().batch_execute(&format!("CREATE ROLE {role} LOGIN")).expect("a new role");
        role
    }

    /// A session of a role.
    pub fn connect_as(&self, role: &str) -> Client {
        self.config().user(role).connect(NoTls).expect("the role may log in")
    }
}
