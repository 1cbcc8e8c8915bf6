//! Runs the steps of several sessions in a given order, as PostgreSQL's isolationtester does.

use crate::{Database, Failure};
use postgres::{Client, SimpleQueryMessage};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many rows a step returned, or the SQLSTATE with which it failed.
pub type Answer = Result<usize, String>;

/// How a step ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub answer: Answer,
    /// Whether it had to wait for another of these sessions.
    pub waited: bool,
}

/// A session whose statements run in a thread of its own, so that it can wait while other sessions go on.
struct Session {
    pid: i32,
    statements: Sender<String>,
    answers: Receiver<Answer>,
    thread: JoinHandle<()>,
}

impl Session {
    fn new(mut client: Client) -> Self {
        let pid = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
        // A deadlock should be reported soon, not only after a second.
        client.batch_execute("SET deadlock_timeout = '10ms'").unwrap();
        let (statements, incoming) = channel::<String>();
        let (outgoing, answers) = channel();
        let thread = std::thread::spawn(move || {
            for statement in incoming {
                if outgoing.send(answer(&mut client, &statement)).is_err() {
                    break;
                }
            }
        });
        Self { pid, statements, answers, thread }
    }
}

fn answer(client: &mut Client, statement: &str) -> Answer {
    match client.simple_query(statement) {
        Ok(messages) => Ok(messages.iter().filter(|message| matches!(message, SimpleQueryMessage::Row(_))).count()),
        Err(error) => Err(Failure::from(&error).code),
    }
}

/// Several sessions, and another one that sees which of them wait.
pub struct Sessions {
    sessions: Vec<Session>,
    watcher: Client,
    pids: Vec<i32>,
}

impl Sessions {
    pub fn new(database: &Database, count: usize) -> Self {
        let sessions: Vec<Session> = (0..count).map(|_| Session::new(database.connect())).collect();
        let pids = sessions.iter().map(|session| session.pid).collect();
        Self { sessions, watcher: database.connect(), pids }
    }

    /// Runs the steps of each session in the order in which `order` names the sessions. A session that waits takes its next step as soon as
    /// it no longer waits.
    pub fn run(&mut self, steps: &[Vec<&str>], order: &[usize]) -> Vec<Vec<Outcome>> {
        let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); steps.len()];
        let mut waits: Vec<Option<bool>> = vec![None; steps.len()];
        let mut left = order.to_vec();
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(place) = left.iter().position(|&session| waits[session].is_none()) {
                let session = left.remove(place);
                let step = steps[session][outcomes[session].len()];
                self.sessions[session].statements.send(step.to_owned()).unwrap();
                waits[session] = Some(false);
            } else if left.is_empty() && waits.iter().all(Option::is_none) {
                return outcomes;
            }
            for session in 0..steps.len() {
                self.settle(session, &mut waits[session], &mut outcomes[session]);
            }
            assert!(Instant::now() < deadline, "{order:?} of {steps:?} does not end: {outcomes:?}");
        }
    }

    /// Returns when the step of a session has ended or waits for another session.
    fn settle(&mut self, session: usize, waits: &mut Option<bool>, outcomes: &mut Vec<Outcome>) {
        while let Some(waited) = *waits {
            match self.sessions[session].answers.recv_timeout(Duration::from_millis(1)) {
                Ok(answer) => {
                    outcomes.push(Outcome { answer, waited });
                    *waits = None;
                }
                Err(RecvTimeoutError::Timeout) => {
                    let blocked = "SELECT pg_isolation_test_session_is_blocked($1, $2)";
                    let pid = self.sessions[session].pid;
                    if self.watcher.query_one(blocked, &[&pid, &self.pids]).unwrap().get(0) {
                        *waits = Some(true);
                        return;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => panic!("session {session} has ended"),
            }
        }
    }

    /// Ends the sessions, so that their database can be dropped.
    pub fn end(self) {
        for Session { statements, thread, .. } in self.sessions {
            drop(statements);
            thread.join().expect("a session that did not panic");
        }
    }
}

/// All orders in which sessions can take their steps, as lists of session numbers. `counts` has the number of steps of each session.
pub fn orders(counts: &[usize]) -> Vec<Vec<usize>> {
    if counts.iter().all(|&count| count == 0) {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for session in (0..counts.len()).filter(|&session| counts[session] > 0) {
        let mut rest = counts.to_vec();
        rest[session] -= 1;
        all.extend(orders(&rest).into_iter().map(|order| [&[session], order.as_slice()].concat()));
    }
    all
}
