//! `todo-admin backup` and `restore`. A backup gets its final name, and older ones are removed, only when it has been verified.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use todo_tests::admin::{Scratch, files, run};
use todo_tests::waiting::until;
use todo_tests::{Database, Edition, Failure, HASH, admin, catalog, rows, said, strings};

/// A test would take the scratch database of another test's verification for a leftover. So only one of them runs at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn filled() -> Database {
    let mut database = Database::with_users();
    database.client.execute("UPDATE users SET hashed_password = $1 WHERE id = 'u1'", &[&HASH]).unwrap();
    database
        .client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, completed) SELECT 'u1', 'Task ' || i, i % 2 = 0 FROM generate_series(1, 3000) AS i;
             CREATE TABLE own (user_id varchar(36) REFERENCES users, note text); INSERT INTO own VALUES ('u2', 'kept')",
        )
        .unwrap();
    // The role that runs pg_dump must be allowed to read it.
    let owner = Edition::current().owner(&database.name);
    database.client.batch_execute(&format!("ALTER TABLE own OWNER TO {owner}")).unwrap();
    database
}

fn scratch(database: &Database) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), database)
}

/// Scratch databases that a verification has left behind.
fn scratch_databases(database: &mut Database) -> Vec<String> {
    strings(&mut database.client, "SELECT datname::text FROM pg_database WHERE datname LIKE 'todo_verify_%'")
}

#[test]
fn a_backup_comes_back() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut database = filled();
    let dir = scratch(&database);
    let name = database.name.clone();
    // Backups that are older than seven days are removed. Files of other databases, and other files, stay.
    for file in [
        format!("{name}-20200101T000000Z.dump"),
        format!("{name}-20200101T000000Z-2.dump"),
        format!("{name}-20200101T000000Z.after-restore.sql"),
        format!("{name}-29991231T000000Z.dump"),
        "other-20200101T000000Z.dump".into(),
        format!("{name}-notes.dump"),
    ] {
        std::fs::write(dir.0.join(file), "earlier").unwrap();
    }
    let made = run(&database, &["backup", dir.path()]);
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    assert!(
        made.out.contains("2 users, 3000 tasks")
            && made.out.contains("verified")
            && made.out.contains("20200101T000000Z.dump: removed"),
        "{}",
        made.out
    );
    let files = dir.files();
    assert_eq!(files.len(), 5, "{files:?}");
    let backup = files.iter().find(|file| file.starts_with(&format!("{name}-202")) && file.ends_with(".dump")).unwrap();
    let backup = dir.0.join(backup);
    for file in [backup.clone(), backup.with_extension("after-restore.sql")] {
        assert_eq!(mode(&file), 0o600, "hashes are in it");
    }
    assert_eq!(scratch_databases(&mut database), [""; 0]);

    let into = format!("{name}_restored");
    let restored = run(&database, &["restore", backup.to_str().unwrap(), "--into", &into]);
    assert_eq!((restored.code, restored.err.as_str()), (0, ""));
    assert!(restored.out.contains("2 users and 3000 tasks"), "{}", restored.out);
    let mut client = database.config().dbname(&into).connect(postgres::NoTls).unwrap();
    assert!(rows(&mut client) == rows(&mut database.client) && catalog(&mut client) == catalog(&mut database.client));
    assert_eq!(strings(&mut client, "SELECT note FROM own"), ["kept"]);
    assert_eq!(strings(&mut client, "SELECT id::text FROM todo_create_task('u1', 'next')"), ["3001"]);
    drop(client);
    // A database that exists is not overwritten.
    let again = run(&database, &["-v", "restore", backup.to_str().unwrap(), "--into", &into]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("42P04"), "{}", again.err);
    database.client.batch_execute(&format!("DROP DATABASE {into}")).unwrap();
}

#[test]
fn a_failed_backup_leaves_no_archive() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut database = filled();
    let dir = scratch(&database);
    let earlier = format!("{}-20200101T000000Z.dump", database.name);
    std::fs::write(dir.0.join(&earlier), "earlier").unwrap();
    // A full disk.
    let name = database.name.clone();
    let program = admin(&name).get_program().to_str().unwrap().to_owned();
    let mut limited = std::process::Command::new("bash");
    limited.args(["-c", &format!("trap '' XFSZ; ulimit -f 8; exec '{program}' backup '{}'", dir.path())]);
    limited.env("PGDATABASE", &name).env("PGUSER", Edition::current().owner(&name));
    let full = said(&mut limited, "");
    assert_eq!((full.code, full.out.as_str(), full.err.lines().count()), (1, "", 1), "{}", full.err);
    assert!(full.err.contains("pg_dump"), "{}", full.err);
    assert_eq!(dir.files(), std::slice::from_ref(&earlier));
    assert_eq!(scratch_databases(&mut database), [""; 0]);
    // No pg_dump.
    let none = said(admin(&name).args(["backup", dir.path()]).env("PATH", "/nothing"), "");
    assert_eq!(none.code, 1);
    assert!(none.err.contains("postgresql-client"), "{}", none.err);
    assert_eq!(run(&database, &["backup", "/nothing/here"]).code, 1);
    assert_eq!(dir.files(), [earlier]);
}

/// Why pg_dump failed is shown in English, whatever the locale, even if bytes of it are not UTF-8.
#[test]
fn the_reason_of_a_failed_program_is_shown() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let database = filled();
    let dir = scratch(&database);
    // Stands for a pg_dump with translations.
    let programs = dir.0.join("bin");
    std::fs::create_dir(&programs).unwrap();
    let script = "#!/bin/sh\n\
        [ \"${LC_ALL-$LC_MESSAGES}${LANGUAGE-}\" = C ] && word=error || word=Fehler\n\
        printf 'pg_dump: %s: the \\344 reason\\npg_dump: more\\n' $word >&2\n\
        exit 1\n";
    std::fs::write(programs.join("pg_dump"), script).unwrap();
    assert!(std::process::Command::new("chmod").arg("700").arg(programs.join("pg_dump")).status().unwrap().success());
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut command = admin(&database.name);
    command.args(["backup", dir.path()]).env("PATH", path).env("LC_ALL", "C.UTF-8").env("LANGUAGE", "de");
    let failed = said(&mut command, "");
    assert_eq!((failed.code, failed.err.lines().count()), (1, 1), "{}", failed.err);
    assert!(failed.err.contains(": the \u{fffd} reason"), "{}", failed.err);
}

/// Dumps of extensions leave out a column that the application has added without the guard. Such a backup is refused.
#[test]
fn a_backup_that_lacks_a_column_is_refused() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut database = filled();
    let dir = scratch(&database);
    database.client.batch_execute("SET todo.guard = off; ALTER TABLE users ADD COLUMN image text").unwrap();
    let lost = run(&database, &["backup", dir.path()]);
    assert_eq!((lost.code, lost.err.lines().count()), (1, 1), "{}", lost.err);
    assert_eq!(dir.files(), [""; 0]);
    assert_eq!(scratch_databases(&mut database), [""; 0]);
}

#[test]
fn what_cannot_be_restored_leaves_no_database() {
    let mut database = Database::new();
    let dir = scratch(&database);
    let garbage = dir.0.join("garbage.dump");
    std::fs::write(&garbage, "no archive").unwrap();
    let into = format!("{}_restored", database.name);
    for file in [garbage.as_path(), Path::new("/nothing/here")] {
        let refused = run(&database, &["restore", file.to_str().unwrap(), "--into", &into]);
        assert_eq!((refused.code, refused.err.lines().count()), (1, 1), "{}", refused.err);
    }
    let there = format!("SELECT datname::text FROM pg_database WHERE datname = '{into}'");
    assert_eq!(strings(&mut database.client, &there), [""; 0]);
    assert_eq!(Failure::of(database.client.batch_execute(&format!("DROP DATABASE {into}"))).code, "3D000");
}

/// Applications can write while a backup is made.
#[test]
fn a_backup_of_a_busy_database() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let database = filled();
    let dir = scratch(&database);
    let done = std::sync::atomic::AtomicBool::new(false);
    let mut client = database.connect();
    let name = database.name.clone();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                client.batch_execute("SELECT todo_create_task('u2', 'busy')").unwrap();
            }
        });
        let made = [(); 2].map(|()| said(admin(&name).args(["backup", dir.path()]), ""));
        // Before any assertion: if one fails, the writer must have ended.
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        writing.join().unwrap();
        for made in made {
            assert_eq!((made.code, made.err.as_str()), (0, ""));
        }
    });
}

/// A backup that gets SIGTERM removes what it has begun.
#[test]
fn a_terminated_backup_leaves_nothing() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut database = filled();
    let dir = scratch(&database);
    // A lock keeps pg_dump waiting.
    let mut other = database.connect();
    other.batch_execute("BEGIN; LOCK TABLE own IN ACCESS EXCLUSIVE MODE").unwrap();
    let mut child =
        admin(&database.name).args(["backup", dir.path()]).stderr(std::process::Stdio::null()).spawn().unwrap();
    let waits = format!(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
        database.name
    );
    until(&mut database.client, &waits, || ());
    assert!(std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(dir.files(), [""; 0]);
    assert_eq!(scratch_databases(&mut database), [""; 0]);
    other.batch_execute("ROLLBACK").unwrap();
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

/// Many backups within a second get different names, and none removes another. `--keep-days 0` is refused.
#[test]
fn a_backup_just_made_stays() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut database = Database::with_users();
    let dir = scratch(&database);
    for days in ["0", "-1", "many"] {
        assert_eq!(run(&database, &["backup", dir.path(), "--keep-days", days]).code, 2, "{days}");
    }
    assert_eq!(dir.files(), [""; 0]);
    std::thread::scope(|scope| {
        let (name, dir) = (&database.name, dir.path());
        let made = || said(admin(name).args(["backup", dir, "--keep-days", "1"]), "");
        let runs: Vec<_> = (0..20).map(|_| scope.spawn(made)).collect();
        let mut named: Vec<String> = runs
            .into_iter()
            .map(|run| run.join().unwrap())
            .map(|made| {
                assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
                made.out.split(": ").next().unwrap().to_owned()
            })
            .collect();
        named.sort();
        named.dedup();
        assert_eq!(named.len(), 20, "{named:?}");
        assert!(named.iter().all(|file| Path::new(file).is_file()), "{named:?}");
        assert!(named.iter().any(|file| file.ends_with("Z-2.dump")), "two within a second: {named:?}");
    });
    assert_eq!(dir.files().len(), 40, "with an SQL file each");
    // The age is that of the time in the name, to the second.
    let day = |seconds: i32| {
        let age = format!(
            "SELECT to_char(now() AT TIME ZONE 'UTC' - interval '1 day' + interval '{seconds} s', 'YYYYMMDD\"T\"HH24MISS\"Z\"')"
        );
        strings(&mut database.client, &age).remove(0)
    };
    let [older, younger] = [-60, 600].map(day).map(|stamp| format!("{}-{stamp}.dump", database.name));
    for file in [&older, &younger] {
        std::fs::write(dir.0.join(file), "earlier").unwrap();
    }
    assert_eq!(run(&database, &["backup", dir.path(), "--keep-days", "1"]).code, 0);
    assert!(!dir.files().contains(&older) && dir.files().contains(&younger), "{:?}", dir.files());
}

/// A missing directory is created, for its owner alone, but its parents are not.
#[test]
fn the_directory_is_created() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let database = Database::with_users();
    let dir = scratch(&database);
    let new = dir.0.join("new");
    let made = run(&database, &["backup", new.to_str().unwrap()]);
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    assert_eq!((mode(&new), files(&new).len()), (0o700, 2));
    assert!(made.out.contains("2 users, 0 tasks"), "{}", made.out);
    let far = dir.0.join("no/new");
    let file = dir.0.join("file");
    std::fs::write(&file, "").unwrap();
    for refused in [&far, &file] {
        let refused = run(&database, &["backup", refused.to_str().unwrap()]);
        assert_eq!((refused.code, refused.err.lines().count()), (1, 1), "{}", refused.err);
    }
}

/// A backup that fails before it begins leaves no directory.
#[test]
fn without_todo_there_is_no_backup() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let database = Database::empty();
    let dir = scratch(&database);
    assert_eq!(run(&database, &["backup", &format!("{}/new", dir.path())]).code, 1);
    assert_eq!(dir.files(), [""; 0]);
}

/// The server has older files of the extension than the database, as after a downgrade of a package.
#[test]
fn what_cannot_be_verified_is_not_begun() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut database = Database::new();
    let dir = scratch(&database);
    let newer =
        "SET allow_system_table_mods = on; UPDATE pg_extension SET extversion = '99.0.0' WHERE extname = 'todo'";
    database.client.batch_execute(newer).unwrap();
    let refused = run(&database, &["backup", &format!("{}/new", dir.path())]);
    assert!(refused.code == 1 && refused.err.contains("99.0.0"), "{}", refused.err);
    assert_eq!(dir.files(), [""; 0]);
}

/// The restored database has the locale of the original, ICU included.
#[test]
fn a_restore_keeps_the_locale() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // Even a server without ICU has a few of its collations in the catalog.
    let icu = "SELECT (count(*) > 10)::int::text FROM pg_collation WHERE collprovider = 'i' AND current_setting('server_version_num')::int >= 150000";
    let options = match strings(&mut Database::empty().client, icu)[0].as_str() {
        "0" => "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
        _ => "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'",
    };
    let mut database = Database::created_with(options);
    database.client.batch_execute("CREATE EXTENSION todo").unwrap();
    let dir = scratch(&database);
    assert_eq!(run(&database, &["backup", dir.path()]).code, 0);
    let into = format!("{}_restored", database.name);
    let backup = dir.archive();
    let restored = run(&database, &["restore", backup.to_str().unwrap(), "--into", &into]);
    assert_eq!((restored.code, restored.err.as_str()), (0, ""));
    let locale = |name: &str| {
        format!(
            "SELECT (to_jsonb(d) - '{{oid,datname,datacl,datfrozenxid,datminmxid}}'::text[])::text FROM pg_database AS d WHERE datname = '{name}'"
        )
    };
    let (before, after) = (locale(&database.name), locale(&into));
    assert_eq!(strings(&mut database.client, &before), strings(&mut database.client, &after));
    database.client.batch_execute(&format!("DROP DATABASE {into}")).unwrap();
}

/// Settings of the database do not make the verification fail, and the restored subscription does not connect.
#[test]
fn settings_and_subscriptions_of_the_database() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut database = filled();
    let dir = scratch(&database);
    let name = database.name.clone();
    let owner = Edition::current().owner(&name);
    // The text form of these types depends on settings.
    database
        .client
        .batch_execute(&format!(
            "SET todo.guard = off; ALTER TABLE own ADD at timestamptz, ADD lasts interval, ADD raw bytea, ADD number float8, ADD price money;
             UPDATE own SET at = now(), lasts = '1 day 02:03:04', raw = '\\x00ff', number = 0.1 + 0.2, price = 12.5;
             CREATE SUBSCRIPTION {name}_sub CONNECTION 'dbname=nowhere' PUBLICATION none WITH (connect = false, slot_name = NONE)"
        ))
        .unwrap();
    if Edition::current() == Edition::Sql {
        let more = "ALTER TABLE tasks ADD due timestamptz DEFAULT now(), ADD lasts interval DEFAULT '1 day 02:03:04', ADD raw bytea DEFAULT 'x',
                        ADD number float8 DEFAULT 0.1 + 0.2::float8, ADD price money DEFAULT 12.5::money";
        database.client.batch_execute(more).unwrap();
    }
    for setting in [
        "TimeZone = 'Asia/Kolkata'",
        "IntervalStyle = iso_8601",
        "bytea_output = escape",
        "extra_float_digits = -5",
        "idle_session_timeout = '300ms'",
    ] {
        database.client.batch_execute(&format!("ALTER DATABASE {name} SET {setting}")).unwrap();
    }
    let trust = format!("--trust-owner={owner}");
    let made = run(&database, &[&trust, "backup", dir.path()]);
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    assert!(made.out.contains("verified"), "{}", made.out);
    assert_eq!(scratch_databases(&mut database), [""; 0]);
    database.client.batch_execute(&format!("DROP SUBSCRIPTION {name}_sub")).unwrap();
}
