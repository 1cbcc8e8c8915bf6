//! `shards move` and `shards split`: a database gets another place, or a second database takes over half of its users.
//!
//! In either case, logical replication makes a copy. When it has caught up, writes wait, both are compared, the original becomes
//! read-only, and the list of databases names the copy. Only then is something of the original deleted: never by `move`, and by `split` the
//! users that the copy has, after the original has begun to refuse them.

use crate::connect::Session;
use crate::error::Error;
use crate::installed::Installed;
use crate::message::{count, printable};
use crate::output;
use crate::router;
use crate::shard_copy::{self, ShardCopy, is_fenced, original_of};
use crate::shard_file::{Place, ShardFile};
use crate::sql::{admin_sql, begin, undisturbed};
use indicatif::ProgressBar;
use std::time::Duration;

/// Moves a database to another server, or ends that.
pub fn move_shard(
    file: &mut ShardFile,
    database: &str,
    server: &str,
    cancels: bool,
    compares_ahead: bool,
) -> Result<(), Error> {
    let numbers: Vec<usize> =
        (0..file.modulus()).filter(|&number| file.places()[number].database == database).collect();
    let Some(&number) = numbers.first() else {
        return Err(Error::usage(format!("no shard is in a database {database}"), "see todo-admin shards status"));
    };
    let original = file.places()[number].clone();
    let copy = Place { database: database.to_owned(), server: server.to_owned() };
    if cancels {
        return cancel(file, &original, &copy);
    }
    if original == copy {
        // A command that was stopped may have something left to do.
        let Some(left) = original_of(&file.conninfo(&copy)?, &copy.database)? else {
            output::say(format!("{} is there already", printable(&copy.title())));
            return Ok(());
        };
        return end_move(file, &left, &copy);
    }
    take_over(file, &original, &copy, &numbers, compares_ahead)?;
    end_move(file, &original, &copy)
}

/// Copies a database, and puts the copy into the list in the place of some of its numbers. From then on, the original is read-only.
fn take_over(
    file: &mut ShardFile,
    original: &Place,
    copy: &Place,
    numbers: &[usize],
    compares_ahead: bool,
) -> Result<(), Error> {
    output::say(format!("{} to {}:", printable(&original.title()), printable(&copy.title())));
    let mut copying = ShardCopy::begin(original, &file.conninfo(original)?, copy, &file.conninfo(copy)?)?;
    copying.follow()?;
    let waited = |waited: Duration| format!("writes have waited for {:.2} s", waited.as_secs_f64());
    if compares_ahead {
        output::say(format!("all rows are the same; {} meanwhile", waited(copying.compare_ahead()?)));
        output::say(waited(copying.cut_over(false)?));
    } else {
        output::say(format!("all rows are the same; {}", waited(copying.cut_over(true)?)));
    }
    let mut places = file.places().to_vec();
    for &number in numbers {
        places[number] = copy.clone();
    }
    file.rewrite(places)?;
    output::say(format!("{} is in use", printable(&copy.title())));
    Ok(())
}

fn end_move(file: &ShardFile, original: &Place, copy: &Place) -> Result<(), Error> {
    router::tell(file)?;
    let mut source = Session::open(file.conninfo(original)?)?;
    let mut target = Session::open(file.conninfo(copy)?)?;
    shard_copy::end_replication(&mut source, &mut target)?;
    shard_copy::unmark(&mut target)?;
    output::say(format!("{} is read-only, and can be dropped when nothing reads it", printable(&original.title())));
    Ok(())
}

/// Drops an incomplete copy, and all that was made for it in the original.
fn cancel(file: &ShardFile, original: &Place, copy: &Place) -> Result<(), Error> {
    let marked = original_of(&file.conninfo(copy)?, &copy.database)?;
    let mut source = Session::open(file.conninfo(original)?)?;
    if original == copy || is_fenced(&mut source)? {
        return Err(Error::new(format!("{} has been moved already", original.database))
            .fix("run the command without --cancel, and then move it back"));
    }
    if marked.as_ref() != Some(original) {
        return Err(Error::new(format!("there is no incomplete copy of {}", original.title())));
    }
    let mut target = Session::open(file.conninfo(copy)?)?;
    shard_copy::end_replication(&mut source, &mut target)?;
    drop(target);
    shard_copy::drop_database(&mut Session::open(file.conninfo(copy)?.with_database("postgres"))?, &copy.database)?;
    output::say(format!("{} has been dropped", printable(&copy.title())));
    Ok(())
}

/// Doubles the number of shards: half of the users of each database get a new one, on the same server.
pub fn split(file: &mut ShardFile, compares_ahead: bool) -> Result<(), Error> {
    let half = file.modulus() / 2;
    let mut is_unfinished = false;
    for number in 0..half {
        is_unfinished |= file.places()[number] == file.places()[number + half] || is_unsettled(file, number, half)?;
    }
    if is_unfinished {
        output::say("going on with a split that was begun");
    } else {
        double(file)?;
    }
    let half = file.modulus() / 2;
    for number in 0..half {
        Error::if_interrupted()?;
        let original = file.places()[number].clone();
        if original == file.places()[number + half] {
            let copy =
                Place { database: name_of_half(&original.database, number, half), server: original.server.clone() };
            take_over(file, &original, &copy, &[number + half], compares_ahead)?;
        }
        // Before the users that have left the original are deleted there.
        router::tell(file)?;
        settle(file, number, half)?;
        output::say(format!("{} of {} split", number + 1, count(half as i64, "database")));
    }
    Ok(())
}

/// Names each database twice, so that the number of shards is twice what it was, and nothing else has changed.
fn double(file: &mut ShardFile) -> Result<(), Error> {
    let modulus = file.modulus();
    let names: Vec<&str> = file.places().iter().map(|place| place.database.as_str()).collect();
    for (number, place) in file.places().iter().enumerate() {
        let name = name_of_half(&place.database, number, modulus);
        if names.contains(&name.as_str()) {
            return Err(Error::new(format!(
                "the half of {} would be called {name}, as another shard is",
                place.database
            ))
            .fix("rename that database, in the file as well"));
        }
        let mut session = Session::open(file.conninfo(place)?)?;
        let schema = Installed::schema_in_use(&mut session.client)?;
        let row = session
            .client
            .query_one(&admin_sql!("misplaced_users", &schema), &[&vec![number as i64], &(modulus as i64)])?;
        if row.get::<_, i64>("misplaced") != 0 {
            return Err(Error::new(format!("{} has users that do not belong there", place.title()))
                .fix("see todo-admin shards doctor"));
        }
    }
    let places = file.places();
    file.rewrite([places, places].concat())
}

/// The name for the database that takes over half of the users of shard `number`: with its own number, if the original's name has one.
fn name_of_half(name: &str, number: usize, half: usize) -> String {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[stem.len()..];
    if digits.parse() == Ok(number) {
        format!("{stem}{:0width$}", number + half, width = digits.len())
    } else {
        format!("{name}_{}", number + half)
    }
}

/// Whether a database has been split, but not all has been done that follows.
fn is_unsettled(file: &ShardFile, number: usize, half: usize) -> Result<bool, Error> {
    let mut source = Session::open(file.conninfo(&file.places()[number])?)?;
    let copy = &file.places()[number + half];
    Ok(is_fenced(&mut source)?
        || source.client.query_one(admin_sql!("placement_is_pending"), &[])?.get::<_, bool>(0)
        || original_of(&file.conninfo(copy)?, &copy.database)?.is_some())
}

/// Opens the original again, for the users that remain, and deletes in both databases the users that the other one has.
fn settle(file: &ShardFile, number: usize, half: usize) -> Result<(), Error> {
    let (original, copy) = (&file.places()[number], &file.places()[number + half]);
    let mut source = Session::open(file.conninfo(original)?)?;
    let mut target = Session::open(file.conninfo(copy)?)?;
    let modulus = file.modulus();
    if is_fenced(&mut source)? {
        place(&mut source, number, modulus)?;
    }
    if original_of(&target.conninfo, &copy.database)?.is_some() {
        shard_copy::end_replication(&mut source, &mut target)?;
        place(&mut target, number + half, modulus)?;
        remove(&mut target, number, modulus)?;
        shard_copy::unmark(&mut target)?;
    }
    if source.client.query_one(admin_sql!("placement_is_pending"), &[])?.get::<_, bool>(0) {
        remove(&mut source, number + half, modulus)?;
    }
    Ok(())
}

/// Lets a database accept the users of one shard only.
fn place(session: &mut Session, number: usize, modulus: usize) -> Result<(), Error> {
    let schema = Installed::schema_in_use(&mut session.client)?;
    let raise = admin_sql!("placement_raise", &schema)
        .replace("@number@", &number.to_string())
        .replace("@modulus@", &modulus.to_string());
    let mut transaction = begin(&mut session.client)?;
    undisturbed(&mut transaction)?;
    transaction.batch_execute(&raise)?;
    Ok(transaction.commit()?)
}

/// Deletes the users of a shard that another database has now.
fn remove(session: &mut Session, number: usize, modulus: usize) -> Result<(), Error> {
    let schema = Installed::schema_in_use(&mut session.client)?;
    let bar = shard_copy::progress();
    let (number, modulus) = (number as i64, modulus as i64);
    let (mut removed, mut last_id) = (0, String::new());
    loop {
        Error::if_interrupted()?;
        let mut transaction = begin(&mut session.client)?;
        undisturbed(&mut transaction)?;
        transaction.batch_execute("SET LOCAL todo_admin.cleaning = 'on'")?;
        let row = transaction.query_one(&admin_sql!("placement_clean", &schema), &[&number, &modulus, &last_id])?;
        transaction.commit()?;
        let Some(last) = row.get("last_id") else { break };
        last_id = last;
        removed += row.get::<_, i64>("users");
        show(&bar, removed);
    }
    bar.finish_and_clear();
    let mut transaction = begin(&mut session.client)?;
    undisturbed(&mut transaction)?;
    transaction.batch_execute(&admin_sql!("placement_settle", &schema))?;
    Ok(transaction.commit()?)
}

fn show(bar: &ProgressBar, removed: i64) {
    bar.set_message(format!("{} deleted that the other database has", count(removed, "user")));
    bar.tick();
}
