//! Makes one call, and judges its answer.

use super::known::{Known, has_secret_of_another};
use super::report::Answer;
use super::{Fuzz, Who, json, refusals, texts, values};
use crate::Edition;
use crate::functions::{Effect, Function};
use crate::isolated::rows_of_others;
use crate::random::Random;
use crate::raw_text::RawText;
use postgres::types::ToSql;
use postgres::{Client, Error, Row};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The arguments of a function.
pub struct Signature {
    names: Vec<String>,
    types: Vec<String>,
    /// How many arguments have no default.
    required: usize,
}

impl Signature {
    /// The signatures of all functions, by name.
    pub fn all(owner: &mut Client) -> HashMap<String, Self> {
        let all = "
            SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || p.proname,
                coalesce(p.proargnames[1:p.pronargs], '{}'),
                ARRAY(SELECT format_type(t.oid, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS t (oid, number) ORDER BY t.number),
                (p.pronargs - p.pronargdefaults)::integer
            FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname IN ('public', 'todo_auth')";
        let signature = |row: &Row| {
            let required: i32 = row.get(3);
            (row.get(0), Self { names: row.get(1), types: row.get(2), required: required as usize })
        };
        owner.query(all, &[]).expect("the catalog").iter().map(signature).collect()
    }
}

/// The arguments that a call passes.
struct Given<'a> {
    names: Vec<&'a str>,
    types: Vec<&'a str>,
    values: Vec<Option<RawText>>,
}

impl Given<'_> {
    fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
    }

    /// Parameters as SQL, each cast to the type of its argument.
    fn casts(&self) -> Vec<String> {
        self.types.iter().enumerate().map(|(place, ty)| format!("${}::text::{ty}", place + 1)).collect()
    }

    fn get(&self, name: &str) -> Option<&Option<RawText>> {
        self.names.iter().position(|known| *known == name).map(|place| &self.values[place])
    }

    fn set(&mut self, name: &str, value: &str) {
        if let Some(place) = self.names.iter().position(|known| *known == name) {
            self.values[place] = Some(value.into());
        }
    }

    fn clear(&mut self, name: &str) {
        if let Some(place) = self.names.iter().position(|known| *known == name) {
            self.values[place] = None;
        }
    }
}

/// Two SQL expressions on a row of the answer: the user whose row it is, and a count that is zero if nothing was found.
fn seen(function: &Function) -> (&'static str, &'static str) {
    match (function.name, function.returns) {
        (_, "tasks") => ("called.user_id::text", "NULL::bigint"),
        (_, "todo_users") => ("called.id::text", "NULL::bigint"),
        ("todo_export_user", _) => ("called #>> '{user,id}'", "NULL::bigint"),
        ("todo_task_counts" | "todo_task_stats", _) => ("NULL::text", "called.total"),
        ("todo_completed_per_day", _) => ("NULL::text", "called.completed"),
        _ => ("NULL::text", "NULL::bigint"),
    }
}

impl Fuzz {
    /// Sometimes changes the current user, by a setting or a claim, or sets none.
    pub(super) fn choose_user(&mut self, random: &mut Random, function: &Function) {
        let often = if self.who == Who::Isolated || function.name == "todo_current_user_id" { 4 } else { 25 };
        if !random.one_in(often) {
            return;
        }
        let mut setting = String::new();
        let mut claims = String::new();
        match random.below(8) {
            0 => {}
            1 => setting = texts::text(random),
            2 => claims = json::any(random),
            3 | 4 => claims = format!("{{\"role\":\"web\",\"sub\":{}}}", json::quoted(&self.known.user(random))),
            _ => setting = self.known.user(random),
        }
        let set = "SELECT set_config('todo.user_id', $1, false), set_config('request.jwt.claims', $2, false)";
        self.client.execute(set, &[&setting, &claims]).expect("settings of a session");
        let current = "SELECT coalesce(nullif($1, ''), nullif($2, '')::jsonb ->> 'sub')";
        let row = self.database.client.query_one(current, &[&setting, &claims]);
        self.current = row.map_or(None, |row| row.get(0));
        self.others = None;
    }

    pub(super) fn call(&mut self, random: &mut Random, function: &Function) -> Answer {
        let signatures = std::mem::take(&mut self.signatures);
        let answer = self.call_with(random, function, &signatures[function.name]);
        self.signatures = signatures;
        answer
    }

    fn call_with(&mut self, random: &mut Random, function: &Function, signature: &Signature) -> Answer {
        let given = self.arguments(random, signature);
        let arguments: Vec<String> =
            given.names.iter().zip(given.casts()).map(|(name, cast)| format!("{name} => {cast}")).collect();
        let (owner, number) = seen(function);
        let query = format!(
            "SELECT called::text, {owner}, {number} FROM {}({}) AS called",
            function.name,
            arguments.join(", ")
        );
        let looks_at_others = self.who == Who::Isolated && function.effect != Effect::Reads;
        if looks_at_others && self.others.is_none() {
            self.others = Some(rows_of_others(&mut self.database.client, self.current.as_deref()));
        }
        let result = self.query(&query, &given.parameters());
        let shown = || show(&query, &given, self.current.as_deref());
        let answer = match result {
            Ok(rows) => {
                if let Some(wrong) = self.wrong_row(function, &given, &rows) {
                    self.findings.add(function.name, "a row of another user", || format!("{wrong}: {}", shown()));
                }
                Answer::Returned { rows: rows.len() }
            }
            Err(error) => {
                let example = format!("{error:?}: {}", shown());
                self.refused(function, &given, &error, example)
            }
        };
        if looks_at_others {
            let now = rows_of_others(&mut self.database.client, self.current.as_deref());
            if self.others.as_ref() != Some(&now) {
                let shown = show(&query, &given, self.current.as_deref());
                self.findings.add(function.name, "other users' rows changed", || shown);
                self.others = Some(now);
            }
        }
        answer
    }

    fn arguments<'a>(&self, random: &mut Random, signature: &'a Signature) -> Given<'a> {
        let mut given = Given { names: vec![], types: vec![], values: vec![] };
        for (place, (name, ty)) in signature.names.iter().zip(&signature.types).enumerate() {
            if place < signature.required || !random.one_in(4) {
                given.names.push(name);
                given.types.push(ty);
                given.values.push(values::value(random, &self.known, name, ty));
            }
        }
        // Otherwise an isolated role would hardly ever find a row.
        if let Some(current) = self.current.as_deref().filter(|_| self.who == Who::Isolated && random.one_in(2)) {
            given.set("user_id", current);
            if let Some(address) = Known::address_of(current).filter(|_| signature.names == ["email", "password"]) {
                given.set("email", &address);
            }
        }
        if given.get("task_id").is_some() && random.one_in(3) {
            let own = self.current.as_deref().filter(|_| self.who == Who::Isolated);
            let (id, user) = self.known.task(random, own);
            given.set("task_id", &id.to_string());
            given.set("user_id", user);
        }
        if given.get("search").is_some() && random.one_in(3) {
            given.set("user_id", Known::busy_user());
            given.set("page_size", "20");
            given.set("sort", random.pick(&["created", "completed", "updated", "title"]));
            given.clear("after");
            return given;
        }
        // A cursor that fits the user and the order.
        if given.get("after").is_some() && random.one_in(2) {
            let [user, sort, after] = self.known.place(random);
            given.set("user_id", &user);
            given.set("sort", &sort);
            given.set("after", &after);
        }
        given
    }

    fn query(&mut self, query: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        if !self.statements.contains_key(query) {
            let statement = self.client.prepare(query)?;
            self.statements.insert(query.to_owned(), statement);
        }
        self.client.query(&self.statements[query], parameters)
    }

    /// A row that the caller must not see: with a hash, or of another user if the role is isolated.
    fn wrong_row(&self, function: &Function, given: &Given, rows: &[Row]) -> Option<String> {
        let current = self.current.as_deref();
        let own = |id: &str| current == Some(id);
        // Without the argument, the function takes the current user.
        let asked_for_own = match given.get("user_id") {
            Some(Some(value)) => current.is_some_and(|user| user.as_bytes() == value.0),
            Some(None) => false,
            None => true,
        };
        for row in rows {
            let (text, owner, number): (Option<&str>, Option<&str>, Option<i64>) = (row.get(0), row.get(1), row.get(2));
            let text = text.unwrap_or_default();
            // todo_hash_password() returns a new hash. No function returns a stored one.
            let shows_hash = text.contains(&self.known.hash);
            let shows_another = self.who == Who::Isolated
                && (owner.is_some_and(|id| !own(id))
                    || has_secret_of_another(text, current)
                    || number.is_some_and(|number| number > 0 && !asked_for_own));
            if shows_hash || shows_another {
                return Some(format!("{} returned {text}", function.name));
            }
        }
        None
    }

    fn refused(&mut self, function: &Function, given: &Given, error: &Error, example: String) -> Answer {
        let Some(db) = error.as_db_error() else {
            self.findings.add(function.name, "session lost", || example);
            self.reconnect();
            return Answer::Wrong;
        };
        let code = db.code().code().to_owned();
        // This holds for superusers, too, because errors are logged.
        if has_secret_of_another(&format!("{db:?}"), None) {
            self.findings.add(function.name, "an error shows a row", || example);
            return Answer::Wrong;
        }
        if refusals::may_refuse(function, self.who, &code) {
            return Answer::Refused(code);
        }
        if self.is_of_a_type(given, &code) {
            return Answer::NotCalled(code);
        }
        self.findings.add(function.name, &code, || example);
        Answer::Wrong
    }

    /// Whether the error does not come from the function: the type refuses the text of an argument, or the claims of the current user are
    /// not JSON.
    fn is_of_a_type(&mut self, given: &Given, code: &str) -> bool {
        let mut refuses = |value: &str, parameters: &[&(dyn ToSql + Sync)]| {
            let alone = self.client.query(&format!("SELECT {value}"), parameters).err();
            alone.is_some_and(|error| error.as_db_error().is_some_and(|db| db.code().code() == code))
        };
        given.types.iter().zip(&given.values).any(|(ty, value)| refuses(&format!("$1::text::{ty}"), &[value]))
            || refuses("todo_current_user_id()", &[])
    }

    /// Opens new sessions, as soon as the server accepts them.
    fn reconnect(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let (mut own, mut role) = (self.database.config(), self.database.config());
        role.user(&self.role);
        loop {
            match (own.user("postgres").connect(postgres::NoTls), role.connect(postgres::NoTls)) {
                (Ok(owner), Ok(client)) => {
                    (self.database.client, self.client) = (owner, client);
                    break;
                }
                (owner, _) => assert!(Instant::now() < deadline, "the server is gone: {:?}", owner.err()),
            }
        }
        self.database.set_cost(4);
        self.begin_session();
    }
}

/// The call for a report. Long values are cut.
fn show(query: &str, given: &Given, current: Option<&str>) -> String {
    let value = |value: &Option<RawText>| match value {
        None => "NULL".to_owned(),
        Some(RawText(bytes)) => {
            let text = String::from_utf8_lossy(bytes);
            let start: String = text.chars().take(300).collect();
            let rest = if start.len() < text.len() { format!("... ({} bytes)", bytes.len()) } else { String::new() };
            format!("{start:?}{rest}")
        }
    };
    let values: Vec<String> = given.values.iter().map(value).collect();
    let edition = if Edition::current() == Edition::Sql { " in the SQL edition" } else { "" };
    format!("{query} with {} as user {current:?}{edition}", values.join(", "))
}
