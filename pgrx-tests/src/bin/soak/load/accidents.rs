//! What happens to the servers while clients work.

use super::pair::{DATABASE, ISOLATED, Pair};
use super::run::{Broken, Run, count};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use todo_tests::admin::files;
use todo_tests::random::Random;
use todo_tests::server::variable;
use todo_tests::{Said, admin, said, strings};

/// The clients work undisturbed for at most this many milliseconds between two accidents.
const PAUSE: usize = 6000;

/// A backup takes about this many milliseconds. A crash comes at a random one.
const BACKUP: usize = 2000;

/// Kinds of accidents, a backup among them.
const KINDS: usize = 6;

pub struct Accidents<'a> {
    run: &'a Run,
    pair: &'a Pair,
    random: Random,
    /// Where backups are, beside the shared cluster: they go with it.
    dir: PathBuf,
}

impl<'a> Accidents<'a> {
    pub fn new(run: &'a Run, pair: &'a Pair, seed: u64) -> Self {
        let dir = PathBuf::from(variable("TODO_CLUSTER")).with_extension(format!("backups-{}", std::process::id()));
        Self { run, pair, random: Random::new(seed), dir }
    }

    /// Accidents happen for two thirds of the time. In the last third, only backups are made, and the memory of sessions is measured.
    pub fn run(&mut self, time: Duration) {
        let begin = Instant::now();
        // Every kind happens once even in a short run.
        let mut next = 0;
        while begin.elapsed() < time * 2 / 3 && self.pause(PAUSE) {
            match if next < KINDS { next } else { self.random.below(KINDS) } {
                0 => self.stop_the_primary(),
                1 => self.kill_a_backend(),
                2 => self.fail_over(),
                3 => self.stop_the_standby(),
                4 => self.back_up(),
                _ => self.stop_the_primary_amid_a_backup(),
            }
            next += 1;
        }
        self.run.is_calm.store(true, std::sync::atomic::Ordering::Relaxed);
        while begin.elapsed() < time && self.pause(PAUSE) {
            if self.random.one_in(5) {
                self.back_up();
            }
        }
        self.run.end();
    }

    /// Waits. Returns whether the run goes on.
    fn pause(&mut self, most: usize) -> bool {
        let time = Duration::from_millis(self.random.below(most) as u64);
        self.wait(time);
        !self.run.is_over()
    }

    fn wait(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && !self.run.is_over() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn stop_the_primary(&self) {
        let primary = self.pair.primary();
        primary.halt();
        primary.resume();
        self.pair.wait_for_standby();
        count(&self.run.stops);
    }

    fn kill_a_backend(&mut self) {
        let primary = self.pair.primary();
        let role = self.random.pick(&["app", ISOLATED]);
        primary.kill_a_backend(role, &mut primary.connect("postgres"));
        self.pair.wait_for_standby();
        count(&self.run.kills);
    }

    fn stop_the_standby(&self) {
        let standby = self.pair.standby();
        standby.halt();
        standby.resume();
        self.pair.wait_for_standby();
        count(&self.run.stops_of_standby);
    }

    pub fn fail_over(&self) {
        self.pair.fail_over();
        count(&self.run.promotions);
    }

    /// Makes a backup while clients write. todo-admin verifies it by a restore.
    fn back_up(&self) {
        let said = self.backup();
        if is_verified(&said) {
            count(&self.run.backups);
        } else {
            self.run.found((Broken::Backup, format!("{said:?}")));
        }
    }

    /// Asserts that a failed backup leaves no archive, and names the database that its trial restore has left.
    fn stop_the_primary_amid_a_backup(&mut self) {
        let moment = Duration::from_millis(self.random.below(BACKUP) as u64);
        let before = self.archives();
        let said = std::thread::scope(|scope| {
            let backup = scope.spawn(|| self.backup());
            self.wait(moment);
            self.stop_the_primary();
            backup.join().expect("the backup ends")
        });
        let left = self.drop_what_is_left();
        if is_verified(&said) {
            count(&self.run.backups);
        } else if said.code != 0 && self.archives() == before && left.iter().all(|name| said.err.contains(name)) {
            count(&self.run.backups_stopped);
        } else {
            self.run.found((Broken::Backup, format!("{said:?}, and there are {left:?} and {:?}", self.archives())));
        }
    }

    /// Drops databases that backups have left. Returns their names.
    fn drop_what_is_left(&self) -> Vec<String> {
        let mut client = self.pair.primary().connect("postgres");
        let left =
            strings(&mut client, "SELECT datname::text FROM pg_database WHERE starts_with(datname, 'todo_verify_')");
        for name in &left {
            client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).expect("it can be dropped");
        }
        left
    }

    fn backup(&self) -> Said {
        let mut command = admin(DATABASE);
        command.env("PGHOST", self.pair.primary().host()).arg("backup").arg(&self.dir);
        said(&mut command, "")
    }

    fn archives(&self) -> Vec<String> {
        let mut files = if self.dir.exists() { files(&self.dir) } else { Vec::new() };
        files.retain(|file| file.ends_with(".dump"));
        files
    }
}

fn is_verified(said: &Said) -> bool {
    said.code == 0 && said.out.contains("verified")
}

impl Drop for Accidents<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
