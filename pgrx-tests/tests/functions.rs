//! The table of all functions is complete and right, and each function does what all of them promise.

use postgres::Client;
use todo_tests::functions::{Access, Effect, Function, functions};
use todo_tests::{Database, Edition, Failure, rows, strings};

/// Whether a call is refused because todo_auth is installed, and needs what the function drops in the SQL edition.
fn is_refused(function: &Function) -> bool {
    Edition::current() == Edition::Sql && function.name == "todo_release_tables"
}

/// How many rows a call returns.
fn call(client: &mut Client, call: &str) -> Result<usize, postgres::Error> {
    Ok(client.query(&format!("SELECT * FROM {call}"), &[])?.len())
}

/// The names of the functions that a role may execute, sorted.
fn executable(client: &mut Client, role: &str) -> Vec<String> {
    let catalog = Edition::current().catalogs(CATALOG);
    let mut names = strings(client, &format!("{catalog} AND has_function_privilege('{role}', p.oid, 'EXECUTE')"));
    names.iter_mut().for_each(|line| line.truncate(line.find('(').expect("arguments")));
    names.sort();
    names
}

/// The names of the functions with this access in the table, sorted.
fn with_access(access: Access) -> Vec<String> {
    let mut names: Vec<String> = functions()
        .iter()
        .filter(|function| [access, Access::Everyone].contains(&function.access))
        .map(|function| function.name.to_owned())
        .collect();
    names.sort();
    names
}

/// What the catalog says of each function, in the form of the table.
const CATALOG: &str = "
    SELECT format('%s%s(%s) %s %s',
        CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END, p.proname,
        array_to_string(p.proargnames[1:p.pronargs], ', '), p.prorettype::regtype,
        CASE p.provolatile WHEN 'v' THEN 'volatile' ELSE 'reads' END)
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE e.extname IN ('todo', 'todo_auth') AND n.nspname <> 'todo_internal'
      AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)";

#[test]
fn the_table_has_every_function() {
    let mut database = Database::with_sample();
    let of_table = |function: &Function| {
        let arguments: Vec<&str> = function.arguments.iter().map(|(name, _)| *name).collect();
        let effect = if function.effect == Effect::Reads { "reads" } else { "volatile" };
        format!("{}({}) {} {effect}", function.name, arguments.join(", "), function.returns)
    };
    let table: Vec<String> = functions().iter().map(of_table).collect();
    let catalog = strings(&mut database.client, &Edition::current().catalogs(CATALOG));
    let without = |all: &[String], others: &[String]| -> Vec<String> {
        all.iter().filter(|function| !others.contains(function)).cloned().collect()
    };
    assert_eq!(without(&catalog, &table), [""; 0], "functions that functions.txt lacks, or describes in another way");
    assert_eq!(without(&table, &catalog), [""; 0], "lines of functions.txt without such a function");
    assert_eq!(table.len(), catalog.len(), "each has one line");
}

/// Each call returns a row, and has the effect on rows that the table says.
#[test]
fn every_call_has_its_effect() {
    let mut database = Database::with_sample();
    let client = &mut database.client;
    let before = rows(client);
    for function in functions().into_iter().filter(|function| !is_refused(function)) {
        client.batch_execute("BEGIN").unwrap();
        let returned = call(client, &function.call()).unwrap_or_else(|e| panic!("{}: {e:?}", function.name));
        // Nothing has been added to the tables that dumps would leave out.
        assert_eq!(returned > 0, function.name != "todo_not_in_dumps", "{}", function.name);
        let after = rows(client);
        let kept = before.iter().filter(|row| after.contains(row)).count();
        let seen = (after.len() as isize - before.len() as isize, kept < before.len());
        match function.effect {
            Effect::Reads | Effect::Hashes => assert_eq!(seen, (0, false), "{}", function.name),
            Effect::Creates => assert_eq!(seen, (1, false), "{}", function.name),
            // Functions that return void change rights and owners, not rows.
            Effect::Changes => assert_eq!(seen, (0, function.returns != "void"), "{}", function.name),
            Effect::Deletes => assert!(seen.0 < 0, "{}", function.name),
        }
        client.batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn only_what_writes_fails_in_a_read_only_transaction() {
    let mut database = Database::with_sample();
    let client = &mut database.client;
    // A login would renew the hash if the transaction could write.
    let renewing = Edition::current().set_cost(5);
    client.batch_execute(&format!("{renewing}; SET default_transaction_read_only = on")).unwrap();
    for function in functions().into_iter().filter(|function| !is_refused(function)) {
        let result = call(client, &function.call());
        if function.effect.writes() {
            assert_eq!(Failure::of(result).code, "25006", "{}", function.name);
        } else {
            result.unwrap_or_else(|e| panic!("{}: {e:?}", function.name));
        }
    }
}

#[test]
fn null_is_refused_for_some_arguments_and_finds_nothing_for_others() {
    let mut database = Database::with_sample();
    let client = &mut database.client;
    let optional = strings(
        client,
        "SELECT concat(p.proname, ' ', a.name)
         FROM pg_proc AS p, unnest(p.proargnames[1:p.pronargs]) WITH ORDINALITY AS a (name, number)
         WHERE p.pronamespace = 'public'::regnamespace AND a.number > p.pronargs - p.pronargdefaults",
    );
    for function in functions() {
        for (argument, _) in &function.arguments {
            let null = function.call_with(&[(argument, "NULL")]);
            client.batch_execute("BEGIN").unwrap();
            let result = call(client, &null);
            if let Some((_, column)) = function.not_null.iter().find(|(name, _)| name == argument) {
                let failure = Failure::of(result);
                assert_eq!((failure.fields(), &failure.detail), (("23502", *column, None), &None), "{null}");
            } else {
                let found = result.unwrap_or_else(|e| panic!("{null}: {e:?}"));
                let finds_nothing = ["tasks", "todo_users"].contains(&function.returns)
                    && (*argument == "user_id" && function.name != "todo_create_user"
                        || !optional.contains(&format!("{} {argument}", function.name)));
                assert_eq!(found == 0, finds_nothing, "{null}");
            }
            client.batch_execute("ROLLBACK").unwrap();
        }
    }
    let counts = client.query_one("SELECT * FROM todo_task_counts(NULL)", &[]).unwrap();
    assert_eq!([0, 1, 2].map(|i| counts.get::<_, i64>(i)), [0, 0, 0]);
}

#[test]
fn grants_give_what_the_table_says() {
    let mut database = Database::with_sample();
    let [api, auth] = ["api", "auth"].map(|name| database.role(name));
    let client = &mut database.client;
    client.batch_execute(&format!("SELECT todo_grant('{api}'); SELECT todo_auth.grant('{auth}')")).unwrap();
    assert_eq!(executable(client, &api), with_access(Access::Api));
    assert_eq!(executable(client, &auth), with_access(Access::Auth));
    for (role, access) in [(&api, Access::Api), (&auth, Access::Auth)] {
        for function in functions() {
            client.batch_execute(&format!("BEGIN; SET LOCAL ROLE {role}")).unwrap();
            let result = call(client, &function.call());
            if [access, Access::Everyone].contains(&function.access) {
                result.unwrap_or_else(|e| panic!("{}: {e:?}", function.name));
            } else {
                assert_eq!(Failure::of(result).code, "42501", "{}", function.name);
            }
            client.batch_execute("ROLLBACK").unwrap();
        }
    }
}

/// The check finds if another role may execute a function that only the owner should.
#[test]
fn rights_that_no_grant_gives_are_found() {
    let mut database = Database::with_sample();
    let role = database.role("app");
    let client = &mut database.client;
    client.batch_execute(&format!("SELECT todo_grant('{role}')")).unwrap();
    let is_the_owners = |function: &Function| function.access == Access::Owner && function.effect.writes();
    for Function { name, .. } in functions().into_iter().filter(is_the_owners) {
        client.batch_execute(&format!("BEGIN; GRANT EXECUTE ON FUNCTION {name} TO {role}")).unwrap();
        let found = strings(client, "SELECT name FROM todo_check() WHERE NOT ok");
        assert_eq!(found, [format!("rights of {role}")], "{name}");
        client.batch_execute("ROLLBACK").unwrap();
    }
}
