//! A client that works, follows the primary, and compares the database with what it was told.

use super::choice::{Choice, SHARED};
use super::pair::{ISOLATED, PATIENCE, Pair};
use super::record::{self, Users};
use super::run::{Broken, Finding, Run};
use super::step::{Answer, Kind, Step};
use postgres::error::SqlState;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use todo_tests::Task;
use todo_tests::memory::KILOBYTES;

/// After this many steps, a session has done everything once, and reuses memory that it has freed.
const WARM_UP: u64 = 5_000;

/// What a client has done.
#[derive(Default)]
pub struct Tally {
    pub acknowledged: BTreeMap<&'static str, u64>,
    pub written: u64,
    /// Acknowledged steps of an isolated role.
    pub isolated: u64,
    /// Steps on a server that is no longer the primary.
    pub refused: u64,
    /// Steps that have read on the standby. They are not compared.
    pub behind: u64,
    /// Steps during which the connection was lost: they may have been done or not.
    pub unknown: u64,
    /// Steps with a user whom another client has deleted or created meanwhile.
    pub met: u64,
    pub compared: u64,
    /// The longest time from one answer to the next.
    pub longest: Duration,
    /// How many steps the last session made after those that warm it up, and by how many kB its memory grew: in memory contexts, and in all.
    pub grown: Option<(u64, Vec<i64>)>,
}

pub struct Client<'a> {
    run: &'a Run,
    pair: &'a Pair,
    prefix: String,
    role: &'static str,
    choice: Choice,
    session: Option<postgres::Client>,
    /// Whether the session is on the standby and has not written yet. The standby has all commits, but may not show them yet.
    is_behind: bool,
    users: Users,
    tally: Tally,
    last: Instant,
    /// Steps of this session since crashes are over.
    calm: u64,
    warm: Option<(u64, Vec<i64>)>,
}

/// A client stops because a promise is broken.
type Outcome<T> = Result<T, Finding>;

impl<'a> Client<'a> {
    /// One client in four has an isolated role.
    pub fn new(run: &'a Run, pair: &'a Pair, number: u64, seed: u64) -> Self {
        let prefix = format!("c{number}-");
        Self {
            run,
            pair,
            role: if number.is_multiple_of(4) { ISOLATED } else { "app" },
            choice: Choice::new(seed.wrapping_add(number), &prefix),
            prefix,
            session: None,
            is_behind: false,
            users: Users::new(),
            tally: Tally::default(),
            last: Instant::now(),
            calm: 0,
            warm: None,
        }
    }

    /// Works until it is stopped, and returns its record.
    pub fn work(mut self) -> (Tally, Option<Checker<'a>>) {
        let _end = self.run.end_if_this_panics();
        let outcome = self.work_on();
        if let Err(finding) = outcome {
            self.run.found(finding);
            return (self.tally, None);
        }
        (self.tally, Some(Checker { pair: self.pair, prefix: self.prefix, users: self.users }))
    }

    fn work_on(&mut self) -> Outcome<()> {
        self.last = Instant::now();
        while !self.run.is_over() {
            if self.choice.random.one_in(5) {
                self.step_with_all()?;
            } else {
                let step = self.choice.own(&self.users);
                self.step(&step)?;
            }
            self.look_at_memory();
        }
        self.look_at_growth()
    }

    /// A step with one of its own users. An export is followed by an import.
    fn step(&mut self, step: &Step) -> Outcome<()> {
        let Some(answer) = self.perform(step, true)? else { return Ok(()) };
        if let (Kind::Export, Answer::Document(Some(document))) = (&step.kind, &answer)
            && let Some(import) = self.choice.import(&self.users, &step.user, document.clone())
        {
            self.step(&import)?;
        }
        record::enter(&mut self.users, step, answer).map_err(|lost| (Broken::Lost, lost))
    }

    fn step_with_all(&mut self) -> Outcome<()> {
        let user = self.choice.random.pick(&SHARED);
        let list = Step { user: user.to_owned(), kind: Kind::List };
        let Some(listed) = self.perform(&list, false)? else { return Ok(()) };
        let step = self.choice.shared(user, &listed);
        self.perform(&step, false).map(|_| ())
    }

    /// Runs a step. Returns the answer, if it can be compared.
    fn perform(&mut self, step: &Step, is_own: bool) -> Outcome<Option<Answer>> {
        let role = self.role;
        let session = self.session()?;
        let result = if role == ISOLATED { as_user(session, step) } else { step.run(session) };
        let error = match result {
            Ok(answer) => {
                *self.tally.acknowledged.entry(step.kind.name()).or_default() += 1;
                self.tally.written += u64::from(step.kind.writes());
                self.tally.isolated += u64::from(role == ISOLATED);
                self.run.acknowledged.fetch_add(1, Ordering::Relaxed);
                self.tally.longest = self.tally.longest.max(self.last.elapsed());
                self.last = Instant::now();
                self.is_behind &= !step.kind.writes();
                self.tally.behind += u64::from(self.is_behind);
                return Ok((!self.is_behind).then_some(answer));
            }
            Err(error) => error,
        };
        match error.code().map(SqlState::code) {
            Some("25006") => {
                self.tally.refused += 1;
                self.leave();
            }
            // The server stops, has crashed, or recovers.
            code if is_about_the_connection(&error, code) => {
                self.tally.unknown += 1;
                self.leave();
                self.compare(Some(step))?;
            }
            Some("23503" | "23505") if !is_own => self.tally.met += 1,
            Some("40P01") => return Err((Broken::Deadlock, format!("{step:?}: {error:?}"))),
            _ => return Err((Broken::Error, format!("{step:?}: {error:?}"))),
        }
        Ok(None)
    }

    fn leave(&mut self) {
        self.session = None;
        self.warm = None;
        self.calm = 0;
    }

    /// The session, or a new one if it was lost. Tries until a server accepts it.
    fn session(&mut self) -> Outcome<&mut postgres::Client> {
        if self.session.is_none() {
            let (pair, role) = (self.pair, self.role);
            let is_wrong = self.choice.random.one_in(4);
            let on_standby = is_wrong.then(|| pair.try_connect_wrongly(role).ok()).flatten();
            self.is_behind = on_standby.is_some();
            self.session =
                Some(if let Some(session) = on_standby { session } else { insist(|| pair.try_connect(role))? });
        }
        Ok(self.session.as_mut().expect("a session"))
    }

    fn compare(&mut self, pending: Option<&Step>) -> Outcome<()> {
        self.tally.compared += 1;
        compare(self.pair, &self.prefix, &mut self.users, pending)
    }

    /// Notes the memory of the session, when crashes are over and the session is warm.
    fn look_at_memory(&mut self) {
        if self.session.is_some() && self.run.is_calm.load(Ordering::Relaxed) {
            self.calm += 1;
            if self.warm.is_none() && self.calm >= WARM_UP {
                self.warm = self.memory().map(|memory| (self.calm, memory));
            }
        }
    }

    fn memory(&mut self) -> Option<Vec<i64>> {
        self.session.as_mut()?.query_one("SELECT soak.memory()", &[]).ok().map(|row| row.get(0))
    }

    /// Checks that the session has not grown since it was warm.
    fn look_at_growth(&mut self) -> Outcome<()> {
        let (Some((begin, before)), Some(after)) = (self.warm.take(), self.memory()) else { return Ok(()) };
        let grown: Vec<i64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
        let steps = self.calm - begin;
        let is_flat = grown.iter().all(|&kilobytes| kilobytes < KILOBYTES);
        self.tally.grown = Some((steps, grown));
        if is_flat {
            return Ok(());
        }
        Err((Broken::Memory, format!("{}: {before:?} kB, and {after:?} kB after {steps} steps", self.prefix)))
    }
}

/// The record of a client that has ended.
pub struct Checker<'a> {
    pair: &'a Pair,
    prefix: String,
    users: Users,
}

impl Checker<'_> {
    pub fn compare(&mut self) -> Outcome<()> {
        compare(self.pair, &self.prefix, &mut self.users, None)
    }
}

/// Compares what is there with the record. Crashes meanwhile are waited for.
fn compare(pair: &Pair, prefix: &str, users: &mut Users, pending: Option<&Step>) -> Outcome<()> {
    let passwords = |id: &str| {
        let known = users.get(id).map(|user| user.password.clone());
        let new = pending.filter(|step| step.user == id).and_then(|step| match &step.kind {
            Kind::CreateUser { password: new, .. } | Kind::ChangePassword { new, .. } => Some(new.clone()),
            _ => None,
        });
        known.into_iter().chain(new).collect()
    };
    let found = insist(|| record::read(&mut pair.try_connect("postgres")?, prefix, passwords))?;
    record::compare(users, found, pending).map_err(|lost| (Broken::Lost, lost))
}

/// Repeats a call that fails as long as no server is the primary.
fn insist<T>(mut call: impl FnMut() -> Result<T, postgres::Error>) -> Outcome<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call() {
            Ok(value) => return Ok(value),
            Err(error) if Instant::now() > deadline => return Err((Broken::Error, format!("{error:?}"))),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Runs a step in a transaction of an isolated role, for its user.
fn as_user(client: &mut postgres::Client, step: &Step) -> Result<Answer, postgres::Error> {
    let mut transaction = client.transaction()?;
    transaction.execute("SELECT set_config('todo.user_id', $1, true)", &[&step.user])?;
    let answer = match step.kind {
        // An isolated role sees only its user's rows even without a condition.
        Kind::List => Answer::Tasks(transaction.query("SELECT * FROM tasks", &[])?.iter().map(Task::from).collect()),
        _ => step.run(&mut transaction)?,
    };
    transaction.commit()?;
    Ok(answer)
}

/// Whether an error is one of a connection that ends. Without a code, it is the client's.
fn is_about_the_connection(error: &postgres::Error, code: Option<&str>) -> bool {
    use std::error::Error;
    match code {
        Some(code) => code.starts_with("57P") || code.starts_with("08"),
        None => error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>()),
    }
}
