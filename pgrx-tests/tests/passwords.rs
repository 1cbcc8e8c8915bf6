//! Hashing and checking passwords: limits, normal forms, cost, and hashes of other programs.

use postgres::Client;
use todo_tests::passwords::{
    COMPOSED, DECOMPOSED, JANES_HASH, check, create_user, hash, is_theirs, logs_in, run_program, set_cost, stored_hash,
    their_hash,
};
use todo_tests::{Database, Failure, admin, said, server_log};

/// A password that no log line may show.
const CANARY: &str = "canary-Qx7v";

#[test]
fn eight_characters_to_72_bytes() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    for (password, code) in [
        ("x".repeat(7), Some("22023")),
        ("x".repeat(8), None),
        ("é".repeat(7), Some("22023")),
        ("é".repeat(8), None),
        ("x".repeat(71), None),
        ("x".repeat(72), None),
        ("x".repeat(73), Some("22001")),
        ("é".repeat(36), None),
        (format!("x{}", "é".repeat(36)), Some("22001")),
    ] {
        let result = hash(client, &password);
        match code {
            Some(code) => assert_eq!(Failure::of(result).fields(), (code, Some("hashed_password"), None)),
            None => {
                let hash = result.unwrap();
                assert!(check(client, Some(&password), Some(&hash)));
                // The last byte of the password counts, up to the 72nd.
                let mut other = password.clone();
                other.pop();
                assert!(!check(client, Some(&format!("{other}!")), Some(&hash)), "{} bytes", password.len());
            }
        }
    }
    // bcrypt itself would read the first 72 bytes only.
    let hash = hash(client, &"x".repeat(72)).unwrap();
    assert!(!check(client, Some(&"x".repeat(73)), Some(&hash)));
}

#[test]
fn the_form_of_a_password_does_not_matter() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    for (set, given) in [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), (DECOMPOSED, DECOMPOSED)] {
        let hash = hash(client, set).unwrap();
        assert!(check(client, Some(given), Some(&hash)));
        assert!(is_theirs(COMPOSED, &hash), "the hash is that of the NFC");
        let user = create_user(client, set);
        let before = stored_hash(client);
        assert!(logs_in(client, given));
        assert!(!logs_in(client, &given.replace('p', "b")));
        assert_eq!(stored_hash(client), before, "no need to renew");
        let change = "SELECT todo_change_password($1, $2, $3)";
        let mut changed =
            |current: &str, new: &str| -> bool { client.query_one(change, &[&user, &current, &new]).unwrap().get(0) };
        assert!(!changed(&given.replace('p', "b"), given));
        assert!(changed(given, &set.replace('p', "n")) && changed(&given.replace('p', "n"), set));
        assert!(is_theirs(COMPOSED, &stored_hash(client)));
        client.execute("DELETE FROM users", &[]).unwrap();
    }
}

#[test]
fn todo_admin_hashes_the_nfc() {
    let mut database = Database::new();
    database.client.batch_execute(&format!("ALTER DATABASE {} SET todo.bcrypt_cost = 4", database.name)).unwrap();
    let mut client = database.connect();
    for (command, password) in [("add", DECOMPOSED), ("passwd", COMPOSED), ("passwd", DECOMPOSED)] {
        let mut run = admin(&database.name);
        run.args(["user", command, "ada@example.com", "--password-stdin"]);
        if command == "add" {
            run.args(["--name", "Ada"]);
        }
        let done = said(&mut run, password);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        assert!(is_theirs(COMPOSED, &stored_hash(&mut client)), "{command} {password}");
        assert!(logs_in(&mut client, COMPOSED) && logs_in(&mut client, DECOMPOSED));
    }
    // Eight characters as given, but seven in NFC.
    let mut run = admin(&database.name);
    let refused = said(run.args(["user", "passwd", "ada@example.com", "--password-stdin"]), "abcdefe\u{301}");
    assert!(refused.code == 1 && refused.err.contains("shorter than 8"), "{refused:?}");
}

/// Another program has hashed the password without normalizing it.
#[test]
fn a_hash_of_another_form_matches_and_is_renewed() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    let user = create_user(client, "long enough");
    let set = |client: &mut Client, password: &str| {
        let theirs = their_hash(password);
        client.query("SELECT todo_set_password_hash($1, $2)", &[&user, &theirs]).unwrap();
        theirs
    };
    let theirs = set(client, DECOMPOSED);
    assert!(check(client, Some(DECOMPOSED), Some(&theirs)));
    // Only the given text and its NFC are tried.
    assert!(!check(client, Some(COMPOSED), Some(&theirs)));
    assert!(!logs_in(client, COMPOSED));
    assert!(logs_in(client, DECOMPOSED));
    let renewed = stored_hash(client);
    assert!(is_theirs(COMPOSED, &renewed), "renewed at the login");
    assert!(logs_in(client, COMPOSED) && logs_in(client, DECOMPOSED));
    assert_eq!(stored_hash(client), renewed, "once");

    let theirs = set(client, DECOMPOSED);
    let change = "SELECT todo_change_password($1, $2, $3)";
    assert!(client.query_one(change, &[&user, &DECOMPOSED, &"battery staple"]).unwrap().get::<_, bool>(0));
    assert_ne!(stored_hash(client), theirs);

    // A password whose NFC is too short or too long cannot be hashed here, but still matches a hash of another program.
    for password in ["e\u{301}".repeat(4), "\u{958}".repeat(24)] {
        assert!(hash(client, &password).is_err());
        let theirs = set(client, &password);
        assert!(logs_in(client, &password) && check(client, Some(&password), Some(&theirs)));
        assert_eq!(stored_hash(client), theirs, "not renewed");
    }
}

#[test]
fn limits_count_the_nfc() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    for (password, code) in [
        ("e\u{301}".repeat(7), Some("22023")),
        ("e\u{301}".repeat(8), None),
        ("e\u{301}".repeat(36), None),
        ("e\u{301}".repeat(37), Some("22001")),
        ("\u{958}".repeat(12), None),
        ("\u{958}".repeat(13), Some("22001")),
        ("e\u{301}".repeat(30_000_000), Some("22001")),
    ] {
        let result = hash(client, &password);
        match code {
            Some(code) => assert_eq!(Failure::of(result).fields(), (code, Some("hashed_password"), None)),
            None => assert!(check(client, Some(&password), Some(&result.unwrap())), "{} bytes", password.len()),
        }
    }
}

#[test]
fn hashes_are_2b_at_the_set_cost_and_salted() {
    let mut database = Database::new();
    let client = &mut database.client;
    assert!(hash(client, "long enough").unwrap().starts_with("$2b$12$"), "the default");
    for cost in [4, 5, 6] {
        set_cost(client, cost);
        let hashes = [hash(client, "long enough").unwrap(), hash(client, "long enough").unwrap()];
        assert!(hashes.iter().all(|hash| hash.starts_with(&format!("$2b$0{cost}$")) && hash.len() == 60));
        assert_ne!(hashes[0], hashes[1]);
    }
    for cost in [3, 16] {
        let failure = Failure::of(client.batch_execute(&format!("SET todo.bcrypt_cost = {cost}")));
        assert_eq!(failure.code, "22023", "cost {cost}");
    }
}

#[test]
fn every_version_is_verified_and_nothing_else_matches() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    let hash = hash(client, "long enough").unwrap();
    for version in ["$2a$", "$2b$", "$2y$"] {
        let hash = hash.replace("$2b$", version);
        assert!(check(client, Some("long enough"), Some(&hash)), "{version}");
        assert!(!check(client, Some("long enougH"), Some(&hash)), "{version}");
    }
    for other in [
        None,
        Some("!"),
        Some(""),
        Some("long enough"),
        Some(JANES_HASH),
        Some(&*hash.replace("$2b$", "$2x$")),
        Some(&hash[..59]),
        Some(&*format!("{hash}x")),
        Some(&*hash.replace("$04$", "$03$")),
        Some(&*hash.replace("$04$", "$16$")),
        Some("$1$salt$qJH7.N4xYta3aEG/dfqo/0"),
    ] {
        assert!(!check(client, Some("long enough"), other), "{other:?}");
    }
    assert!(!check(client, None, Some(&hash)));
    assert!(!check(client, None, None));
}

/// Only a superuser can set the cost. PostgreSQL accepts the setting of any role before the library is loaded, and drops it then.
#[test]
fn only_a_superuser_sets_the_cost() {
    let mut database = Database::new();
    let role = format!("role_{}", database.name);
    database.client.batch_execute(&format!("CREATE ROLE {role}; SELECT todo_grant('{role}')")).unwrap();
    let mut fresh = database.connect();
    fresh.batch_execute(&format!("SET ROLE {role}; SET todo.bcrypt_cost = 4")).unwrap();
    assert!(hash(&mut fresh, "long enough").unwrap().starts_with("$2b$12$"), "set before the library is loaded");
    assert_eq!(Failure::of(fresh.batch_execute("SET todo.bcrypt_cost = 4")).code, "42501");
    fresh.batch_execute("RESET ROLE; SET todo.bcrypt_cost = 4").unwrap();
    assert!(hash(&mut fresh, "long enough").unwrap().starts_with("$2b$04$"));
    database.client.batch_execute(&format!("SELECT todo_revoke('{role}'); DROP ROLE {role}")).unwrap();
}

#[test]
fn a_password_that_cannot_be_stored() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    let user = create_user(client, "long enough");
    let change = |client: &mut Client, current: &str| {
        let query = "SELECT todo_change_password($1, $2, 'battery staple')";
        client.query_one(query, &[&user, &current]).map(|row| row.get::<_, bool>(0))
    };
    client.batch_execute("BEGIN READ ONLY").unwrap();
    assert_eq!(Failure::of(change(client, "wrong enough")).code, "25006", "right or wrong");
    client.batch_execute("ROLLBACK").unwrap();
    client
        .batch_execute(
            "CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
             CREATE TRIGGER veto BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION veto()",
        )
        .unwrap();
    assert_eq!(Failure::of(change(client, "long enough")).code, "55000");
    assert!(!change(client, "wrong enough").unwrap());
    let set =
        |client: &mut Client, user: &str| client.query("SELECT todo_set_password_hash($1, $2)", &[&user, &JANES_HASH]);
    assert_eq!(Failure::of(set(client, &user)).code, "55000");
    assert_eq!(set(client, "nobody").unwrap().len(), 0);
}

/// Whatever goes wrong, no error and no line of the log shows a password that was bound as a parameter.
#[test]
fn no_error_and_no_log_shows_a_password() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    let id = create_user(client, "long enough");
    let long = CANARY.repeat(10);
    let mut failures = 0;
    for password in [&CANARY[..7], &long] {
        for query in [
            "SELECT todo_hash_password($1)",
            "SELECT todo_create_user('bob@example.com', 'Bob', $1)",
            "SELECT todo_change_password((SELECT id FROM todo_users), 'long enough', $1)",
        ] {
            let error = client.query(query, &[&password]).expect_err(query);
            assert!(!format!("{error:?}").contains(&CANARY[..7]), "{query}");
            failures += 1;
        }
    }
    let taken = client.query("SELECT todo_create_user('ADA@example.com', 'Ada', $1)", &[&CANARY]);
    assert!(!format!("{:?}", taken.unwrap_err()).contains(CANARY));
    let plain = client.execute("UPDATE users SET hashed_password = $1 WHERE id = $2", &[&CANARY, &id]);
    assert!(!format!("{:?}", plain.unwrap_err()).contains(CANARY));
    assert_eq!(failures, 6);
    let log = server_log();
    assert!(log.contains("password is shorter than 8 characters"), "the log has the errors");
    assert!(!log.contains(&CANARY[..7]));
}

/// Python's bcrypt and npm's bcryptjs accept our hashes, and we accept theirs.
#[test]
fn hashes_are_interchangeable_with_other_programs() {
    let mut database = Database::new();
    let client = &mut database.client;
    set_cost(client, 4);
    for (program, script) in [("python", "python/password.py"), ("node", "node/password.mjs")] {
        for password in ["long enough", "пароль 密码 🔑", &"é".repeat(36), &"x".repeat(72)] {
            let ours = hash(client, password).unwrap();
            assert_eq!(run_program(program, &[script, "check", password, &ours]), "true", "{program} checks ours");
            assert_eq!(
                run_program(program, &[script, "check", "wrong enough", &ours]),
                "false",
                "{program} checks ours"
            );
            let theirs = run_program(program, &[script, "hash", password]);
            assert!(check(client, Some(password), Some(&theirs)), "{program} made {theirs}");
            assert!(!check(client, Some("wrong enough"), Some(&theirs)));
        }
    }
}
