//! The table of all functions, `functions.txt`, and the rows that the calls in it find.

use crate::{Database, Edition};

/// Creates users and tasks that the calls find, in the schema `@extschema@`.
const SAMPLE: &str = include_str!("../fixtures/sample.sql");

/// What a function does to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Reads,
    /// Makes or compares a hash. A login may also renew the hash, but works without that where nothing can be written.
    Hashes,
    Creates,
    Changes,
    Deletes,
}

impl Effect {
    /// Whether it fails where nothing can be written.
    pub fn writes(self) -> bool {
        !matches!(self, Self::Reads | Self::Hashes)
    }
}

/// Who may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A role with `todo_grant`.
    Api,
    /// A role with `todo_auth.grant`.
    Auth,
    /// The owner of the tables.
    Owner,
    Everyone,
}

/// A row of the table.
#[derive(Debug)]
pub struct Function {
    /// Without a schema if it is in that of `todo`.
    pub name: &'static str,
    /// Names, and values as SQL, with which the call finds something.
    pub arguments: Vec<(&'static str, &'static str)>,
    /// The type of the result, as `regtype` prints it.
    pub returns: &'static str,
    pub effect: Effect,
    pub access: Access,
    /// The arguments that must not be NULL, and the column that the error names.
    pub not_null: Vec<(&'static str, Option<&'static str>)>,
}

impl Function {
    /// A call that finds something.
    pub fn call(&self) -> String {
        self.call_with(&[])
    }

    /// The same call with other values for some arguments.
    pub fn call_with(&self, others: &[(&str, &str)]) -> String {
        assert!(others.iter().all(|(name, _)| self.takes(name)), "arguments of {}: {others:?}", self.name);
        let value = |name, sample| others.iter().find(|other| other.0 == name).map_or(sample, |other| other.1);
        let arguments: Vec<String> =
            self.arguments.iter().map(|&(name, sample)| format!("{name} => {}", value(name, sample))).collect();
        format!("{}({})", self.name, arguments.join(", "))
    }

    /// Whether it has an argument of this name.
    pub fn takes(&self, argument: &str) -> bool {
        self.arguments.iter().any(|(name, _)| *name == argument)
    }

    /// Whether it belongs to `todo`, and not to `todo_auth`.
    pub fn is_todos(&self) -> bool {
        !self.name.contains('.')
    }

    fn new(line: &'static str) -> Self {
        let [name, arguments, returns, effect, access, not_null] =
            line.split('|').map(str::trim).collect::<Vec<_>>().try_into().expect("six columns");
        let items = |list: &'static str| list.split(", ").filter(|item| !item.is_empty());
        Self {
            name,
            arguments: items(arguments).map(|item| item.split_once(" => ").expect("a named argument")).collect(),
            returns,
            effect: match effect {
                "reads" => Effect::Reads,
                "hashes" => Effect::Hashes,
                "creates" => Effect::Creates,
                "changes" => Effect::Changes,
                "deletes" => Effect::Deletes,
                other => panic!("{name}: effect {other}"),
            },
            access: match access {
                "api" => Access::Api,
                "auth" => Access::Auth,
                "owner" => Access::Owner,
                "everyone" => Access::Everyone,
                other => panic!("{name}: access {other}"),
            },
            not_null: items(not_null)
                .map(|item| match item.split_once(':') {
                    Some((argument, column)) => (argument, Some(column).filter(|column| !column.is_empty())),
                    None => (item, Some(item)),
                })
                .collect(),
        }
    }
}

/// All functions of both extensions.
pub fn functions() -> Vec<Function> {
    let lines = include_str!("../functions.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).skip(1).map(Function::new).collect()
}

/// The functions of both extensions that return this type.
pub fn returning(returns: &str) -> Vec<Function> {
    functions().into_iter().filter(|function| function.returns == returns).collect()
}

/// Statements that create what the calls find, if the extension is in this schema.
pub fn sample(schema: &str) -> String {
    SAMPLE.replace("@extschema@", schema)
}

impl Database {
    /// A database with both extensions and the rows that the calls find.
    pub fn with_sample() -> Self {
        let mut database = Self::new();
        let both = format!("{}; {}", Edition::current().install_auth(&database.name), sample("public"));
        database.client.batch_execute(&both).expect("the sample is valid");
        database
    }
}
