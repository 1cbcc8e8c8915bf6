//! Calls functions with random and malformed arguments, as an application's role, an isolated one and a superuser.
//!
//! | room | what lives there |
//! |---|---|
//! | [`values`], [`texts`], [`json`] | values for arguments, by name and type |
//! | [`known`] | what the tables hold, for arguments that find something |
//! | [`refusals`] | the errors that a function may answer with |
//! | [`call`] | makes one call, and judges its answer |
//! | [`report`] | counts answers, and keeps those that must not happen |

mod call;
mod json;
mod known;
mod refusals;
mod report;
mod texts;
mod values;

use crate::functions::{Function, functions};
use crate::isolated::set_user;
use crate::random::Random;
use crate::{Database, last_restart, strings};
use call::Signature;
use known::Known;
use postgres::{Client, Statement};
pub use refusals::undocumented;
pub use report::{Findings, Report};
use std::collections::HashMap;

/// The role that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A role with `todo_grant(role)`.
    Application,
    /// A role with `todo_grant(role, 'isolated')`.
    Isolated,
    Superuser,
}

impl Who {
    pub const ALL: [Self; 3] = [Self::Application, Self::Isolated, Self::Superuser];
}

/// After this many calls, the rows are restored.
const ROUND: usize = 250;

pub const INVARIANTS: &str = include_str!("../../fixtures/invariants.sql");

/// A database with the sessions of one role.
pub struct Fuzz {
    who: Who,
    seed: u64,
    pub database: Database,
    pub role: String,
    client: Client,
    statements: HashMap<String, Statement>,
    signatures: HashMap<String, Signature>,
    known: Known,
    /// The current user, as far as there is one.
    current: Option<String>,
    /// The rows of others than the current user, where the role is isolated.
    others: Option<Vec<String>>,
    started: String,
    pub findings: Findings,
}

impl Fuzz {
    pub fn new(who: Who, seed: u64) -> Self {
        let mut database = Database::with_auth();
        database.set_cost(4);
        let role = match who {
            Who::Superuser => "postgres".to_owned(),
            _ => database.role("app"),
        };
        let owner = &mut database.client;
        match who {
            Who::Superuser => {}
            Who::Application => {
                owner.batch_execute(&format!("SELECT todo_grant('{role}'); SELECT todo_auth.grant('{role}')")).unwrap();
            }
            Who::Isolated => owner
                .batch_execute(&format!("SELECT todo_grant('{role}', 'isolated'); SELECT todo_auth.grant('{role}')"))
                .unwrap(),
        }
        let spare = ["spare", "Spare; \" role"].map(|name| format!("{}_{name}", database.name));
        for name in &spare {
            database.client.execute("SELECT set_config('fuzz.role', $1, false)", &[name]).unwrap();
            let create = "DO $$ BEGIN EXECUTE format('CREATE ROLE %I', current_setting('fuzz.role')); END $$";
            database.client.batch_execute(create).unwrap();
        }
        let index = "CREATE INDEX ix_tasks_search ON tasks USING gin (todo_search_words(user_id, title, description))";
        database.client.batch_execute(&format!("SET client_min_messages = error; {index}")).unwrap();
        let known = Known::new(&mut database.client, spare.to_vec());
        let signatures = Signature::all(&mut database.client);
        let started = last_restart(&mut database.client);
        let client = database.connect_as(&role);
        let mut fuzz = Self {
            who,
            seed,
            database,
            role,
            client,
            statements: HashMap::new(),
            signatures,
            known,
            current: None,
            others: None,
            started,
            findings: Findings::default(),
        };
        fuzz.begin_session();
        fuzz
    }

    fn begin_session(&mut self) {
        self.statements.clear();
        // A call that takes longer fails.
        self.client.batch_execute("SET statement_timeout = '20s'; SET client_min_messages = error").unwrap();
        set_user(&mut self.client, "u1");
        self.current = Some("u1".to_owned());
        self.others = None;
    }

    /// The functions that are called: all but todo_release_tables(), after which no other could be.
    pub fn functions() -> Vec<Function> {
        functions().into_iter().filter(|function| function.name != "todo_release_tables").collect()
    }

    /// Calls a function with this many sets of arguments. The seed, the function's name and the role determine them.
    pub fn run(&mut self, function: &Function, sets: usize) -> Report {
        let name = format!("{:?} {}", self.who, function.name);
        let number = name.bytes().fold(self.seed, |number, byte| number.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut random = Random::new(number);
        let mut report = Report::new(self.who, function.name);
        // The first ones have no arguments, and the others change what todo_check() reads for a long time.
        let sets = match function.name {
            "todo_check" | "todo_not_in_dumps" => sets.div_ceil(500),
            "todo_grant" | "todo_revoke" if self.who == Who::Superuser => sets.div_ceil(10),
            _ => sets,
        };
        for place in 0..sets {
            if place % ROUND == 0 {
                self.look_at_rows(function.name);
                self.known.refill(&mut self.database.client);
                if function.name == "todo_filter_tasks" && (place / ROUND).is_multiple_of(2) {
                    Known::fill(&mut self.database.client);
                }
                self.others = None;
            }
            self.choose_user(&mut random, function);
            report.add(self.call(&mut random, function));
        }
        self.look_at_rows(function.name);
        report
    }

    /// Checks that all rows keep the rules.
    fn look_at_rows(&mut self, function: &str) {
        for violation in strings(&mut self.database.client, INVARIANTS) {
            self.findings.add(function, "rows", || violation);
        }
    }

    /// Checks that the database is still as it was installed, and that the server has not crashed.
    pub fn look_at_database(&mut self, function: &str) {
        let owner = &mut self.database.client;
        for wrong in strings(owner, "SELECT concat_ws(': ', name, detail) FROM todo_check() WHERE NOT ok") {
            self.findings.add(function, "todo_check", || wrong);
        }
        let started = last_restart(owner);
        if started != self.started {
            self.findings.add(function, "restart", || format!("the server started at {started}"));
            self.started = started;
        }
        owner.batch_execute("VACUUM users, tasks").unwrap();
    }
}
