//! Roles of a test. They are named after its database, with which they are dropped.

use crate::Database;
use postgres::{Client, NoTls};

impl Database {
    /// A new role of this test's, which may log in.
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
