//! `shards move` and `shards split`: a database gets another place, or a second database takes over half of its users.
//!
//! In either case, logical replication makes a copy. When the copy has caught up, writes wait, both are compared, the original becomes
//! read-only, and the list of databases names the copy. `move` deletes nothing in the original. `split` then deletes the users there that
//! the copy has, after the original has begun to refuse them.

use crate::connect::Session;
use crate::error::Error;
use crate::fence::{self, Placement};
use crate::installed::Installed;
use crate::message::{count, printable, warn};
use crate::output;
use crate::replication::{self, Outgoing};
use crate::router;
use crate::shard_copy::{self, ShardCopy};
use crate::shard_empty;
use crate::shard_file::{LONGEST_NAME, Place, ShardFile};
use crate::shard_mark::{self, original_of};
use crate::sql::admin_sql;
use std::time::Duration;

/// Moves a database to another server, goes on with a move that was stopped, or cancels one.
pub fn move_shard(
    file: &mut ShardFile,
    database: &str,
    server: &str,
    cancels: bool,
    compares_ahead: bool,
) -> Result<(), Error> {
    file.reserve()?;
    let numbers: Vec<usize> =
        (0..file.modulus()).filter(|&number| file.places()[number].database == database).collect();
    let Some(&number) = numbers.first() else {
        let fix = match file.directory() {
            Some(place) if place.database == database => {
                "the directory is not moved but made anew: see docs/directory.md"
            }
            _ => "see todo-admin shards status",
        };
        return Err(Error::usage(format!("no shard is in a database {database}"), fix));
    };
    let original = file.places()[number].clone();
    let copy = Place { database: database.to_owned(), server: server.to_owned() };
    if original == copy {
        // A command that was stopped may have something left to do.
        return match original_of(&file.conninfo(&copy)?)? {
            Some(left) if left.database == copy.database => {
                let _lock = shard_copy::lock(&file.conninfo(&left)?)?;
                end_move(file, &left, &copy)
            }
            Some(left) => Err(being_split(&left)),
            None if cancels => {
                Err(Error::new(format!("{} is already there, and a finished move cannot be cancelled", copy.title())))
            }
            None => {
                output::say(format!("{} is already there", printable(&copy.title())));
                Ok(())
            }
        };
    }
    let _lock = shard_copy::lock(&file.conninfo(&original)?)?;
    if cancels {
        return cancel(file, &original, &copy);
    }
    if fence::is_pending(&mut Session::open(file.conninfo(&original)?)?)? {
        return Err(being_split(&original));
    }
    must_be_no_copy(file, &original)?;
    must_be_current(file, &original, &numbers)?;
    take_over(file, &original, &copy, &numbers, compares_ahead, None)?;
    end_move(file, &original, &copy)
}

/// Fails if a database is itself a copy whose replication has not ended yet.
fn must_be_no_copy(file: &ShardFile, place: &Place) -> Result<(), Error> {
    match original_of(&file.conninfo(place)?)? {
        Some(left) if left.database == place.database => Err(unfinished_move(&left, place)),
        Some(_) => Err(being_split(place)),
        None => Ok(()),
    }
}

fn unfinished_move(from: &Place, to: &Place) -> Error {
    Error::new(format!("the move of {} to {} is not finished", from.title(), to.server))
        .fix(format!("finish it with todo-admin shards move {} --to {}", to.database, to.server))
}

/// Fails if the file is from before a split.
fn must_be_current(file: &ShardFile, place: &Place, numbers: &[usize]) -> Result<(), Error> {
    let mut session = Session::open(file.conninfo(place)?)?;
    // A database that is listed twice has not been split yet.
    let modulus = file.modulus() / numbers.len();
    let (number, modulus) = (numbers[0] as i64, modulus as i64);
    if session.client.query_one(admin_sql!("placement_differs"), &[&number, &modulus])?.get(0) {
        return Err(Error::new(format!("{} says that it is not shard {number} of {modulus}", place.title()))
            .fix("use the file of shards that the last split has written"));
    }
    Ok(())
}

fn being_split(place: &Place) -> Error {
    Error::new(format!("{} is being split", place.title())).fix("finish the split with todo-admin shards split")
}

/// Copies a database, and puts the copy into the list in the place of some of its numbers. From then on, the original is read-only.
fn take_over(
    file: &mut ShardFile,
    original: &Place,
    copy: &Place,
    numbers: &[usize],
    compares_ahead: bool,
    placements: Option<[Placement; 2]>,
) -> Result<(), Error> {
    output::say(format!("{} to {}:", printable(&original.title()), printable(&copy.title())));
    // If a router cannot be reached, better fail now than after hours of copying.
    router::must_listen(file)?;
    let mut copying = ShardCopy::begin(original, &file.conninfo(original)?, copy, &file.conninfo(copy)?)?;
    copying.follow()?;
    let compares_ahead = compares_ahead && !copying.is_fenced()?;
    let waited = |waited: Duration| format!("writes have waited for {:.2} s", waited.as_secs_f64());
    if compares_ahead {
        output::say(format!("all rows are the same; {} meanwhile", waited(copying.compare_ahead()?)));
    }
    file.must_be_unchanged()?;
    router::must_listen(file)?;
    let time = waited(copying.cut_over(!compares_ahead, placements)?);
    output::say(if compares_ahead { time } else { format!("all rows are the same; {time}") });
    let mut places = file.places().to_vec();
    for &number in numbers {
        places[number] = copy.clone();
    }
    file.rewrite(places)?;
    output::say(format!("{} is in use", printable(&copy.title())));
    Ok(())
}

/// Tells the routers, ends the replication, and makes sure that the original is read-only.
fn end_move(file: &ShardFile, original: &Place, copy: &Place) -> Result<(), Error> {
    router::tell(file)?;
    let mut source = Session::open(file.conninfo(original)?)?;
    let mut target = Session::open(file.conninfo(copy)?)?;
    replication::end(&mut source, &mut target, copy)?;
    if !fence::is_up(&mut source)? {
        fence::patiently(|| {
            let mut transaction = fence::stop_writes(&mut source)?;
            fence::raise(&mut transaction)?;
            Ok(transaction.commit()?)
        })?;
    }
    shard_mark::unmark(&mut source, &mut target)?;
    output::say(format!("{} is read-only, and can be dropped when nothing reads it", printable(&original.title())));
    Ok(())
}

/// Drops an incomplete copy, and all that was made for it in the original. The caller has the lock of the original.
fn cancel(file: &ShardFile, original: &Place, copy: &Place) -> Result<(), Error> {
    let mut source = Session::open(file.conninfo(original)?)?;
    let is_begun = Outgoing::of(&mut source)?.is_some_and(|outgoing| outgoing.copy == *copy);
    let conninfo = file.conninfo(copy)?;
    match shard_mark::exists(&conninfo) {
        Ok(true) => {}
        Err(error) if is_begun && error.sqlstate().is_none() => {
            shard_copy::abandon(&mut source, copy)?;
            warn(&format!("{error}; run the command again when the server can be reached, to drop the copy there"));
            let (copy, original) = (printable(&copy.title()), printable(&original.title()));
            output::say(format!("{copy} has been given up, and nothing of it is left in {original}"));
            return Ok(());
        }
        Err(error) => return Err(error),
        Ok(false) if is_begun => {
            shard_copy::abandon(&mut source, copy)?;
            output::say(format!("nothing is left of the copy in {}", printable(&original.title())));
            return Ok(());
        }
        Ok(false) => return Err(not_begun(original, copy)),
    }
    match original_of(&conninfo)? {
        Some(left) if left == *original => shard_copy::cancel(&mut source, copy, &conninfo)?,
        // The copy was begun when the original was on another server, and was left behind there.
        Some(left) if left.database == original.database && !file.places().contains(copy) => {
            let _lock = shard_copy::lock(&file.conninfo(&left)?)?;
            shard_copy::cancel_left(&mut Session::open(file.conninfo(&left)?)?, copy, &conninfo)?;
        }
        _ => return Err(not_begun(original, copy)),
    }
    output::say(format!("{} has been dropped", printable(&copy.title())));
    Ok(())
}

fn not_begun(original: &Place, copy: &Place) -> Error {
    Error::new(format!("no copy of {} to {} has been started", original.title(), copy.title()))
}

/// Doubles the number of shards: half of the users of each database get a new one, on the same server.
pub fn split(file: &mut ShardFile, cancels: bool, compares_ahead: bool) -> Result<(), Error> {
    file.reserve()?;
    if cancels {
        return cancel_split(file);
    }
    let half = file.modulus() / 2;
    let mut is_unfinished = false;
    for number in 0..half {
        is_unfinished |= file.places()[number] == file.places()[number + half] || is_unsettled(file, number, half)?;
    }
    if is_unfinished {
        output::say("going on with the split that was started");
    } else {
        double(file)?;
    }
    let half = file.modulus() / 2;
    for number in 0..half {
        Error::if_interrupted()?;
        let original = file.places()[number].clone();
        let _lock = shard_copy::lock(&file.conninfo(&original)?)?;
        let modulus = file.modulus();
        let placements = [Placement { number, modulus }, Placement { number: number + half, modulus }];
        if original == file.places()[number + half] {
            fence::refuse_obstacles(&mut Session::open(file.conninfo(&original)?)?)?;
            let copy = half_of(&original, number, half);
            take_over(file, &original, &copy, &[number + half], compares_ahead, Some(placements))?;
        }
        // Before the users that have left the original are deleted there.
        router::tell(file)?;
        settle(file, placements)?;
        output::say(format!("{} of {} split", number + 1, count(half as i64, "database")));
    }
    Ok(())
}

/// Drops the incomplete copy of a split. If no database has been split yet, the list is what it was before.
fn cancel_split(file: &mut ShardFile) -> Result<(), Error> {
    let half = file.modulus() / 2;
    let twins: Vec<usize> = (0..half).filter(|&number| file.places()[number] == file.places()[number + half]).collect();
    if twins.is_empty() {
        return Err(Error::new("there is no split to cancel"));
    }
    for &number in &twins {
        let original = &file.places()[number];
        let copy = half_of(original, number, half);
        if shard_mark::exists(&file.conninfo(&copy)?)?
            && original_of(&file.conninfo(&copy)?)?.as_ref() == Some(original)
        {
            let _lock = shard_copy::lock(&file.conninfo(original)?)?;
            cancel(file, original, &copy)?;
        }
    }
    if twins.len() == half {
        file.rewrite(file.places()[..half].to_vec())?;
        output::say("the list of shards is as it was before the split");
    } else {
        let done = half - twins.len();
        output::say(format!(
            "{done} of {} split, and they stay split: run todo-admin shards split to split the others",
            count(half as i64, "database")
        ));
    }
    Ok(())
}

/// Names each database twice, so that the number of shards is twice what it was, and nothing else has changed.
fn double(file: &mut ShardFile) -> Result<(), Error> {
    let modulus = file.modulus();
    let names: Vec<&str> = file.places().iter().map(|place| place.database.as_str()).collect();
    for (number, place) in file.places().iter().enumerate() {
        let name = half_of(place, number, modulus).database;
        if name.len() > LONGEST_NAME {
            return Err(Error::new(format!("{name}, for half of {}, is too long a name", place.database))
                .fix("rename the database, in the file as well"));
        }
        if names.contains(&name.as_str()) {
            return Err(Error::new(format!(
                "half of {} would be called {name}, which is the name of another shard",
                place.database
            ))
            .fix("rename that database, in the file as well"));
        }
        must_be_no_copy(file, place)?;
        must_be_current(file, place, &[number])?;
        let mut session = Session::open(file.conninfo(place)?)?;
        // This fails if the database has been moved.
        is_fenced_by_split(&mut session, place)?;
        let schema = Installed::schema_in_use(&mut session.client)?;
        let row = session
            .client
            .query_one(&admin_sql!("misplaced_users", &schema), &[&vec![number as i64], &(modulus as i64)])?;
        if row.get::<_, i64>("misplaced") != 0 {
            return Err(Error::new(format!("{} has users that do not belong there", place.title()))
                .fix("see todo-admin shards doctor"));
        }
        fence::refuse_obstacles(&mut session)?;
        shard_empty::refuse_obstacles(&mut session, place)?;
        replication::must_be_free(&mut session, place, None)?;
    }
    let places = file.places();
    file.rewrite([places, places].concat())
}

/// The database that takes over half of the users of shard `number`: with its own number, if the original's name has one.
fn half_of(original: &Place, number: usize, half: usize) -> Place {
    let name = &original.database;
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[stem.len()..];
    let database = if digits.parse() == Ok(number) {
        format!("{stem}{:0width$}", number + half, width = digits.len())
    } else {
        format!("{name}_{}", number + half)
    };
    Place { database, server: original.server.clone() }
}

/// Whether a database has been split, but some of the work after that remains to be done.
fn is_unsettled(file: &ShardFile, number: usize, half: usize) -> Result<bool, Error> {
    let (original, copy) = (&file.places()[number], &file.places()[number + half]);
    let mut source = Session::open(file.conninfo(original)?)?;
    let mut target = Session::open(file.conninfo(copy)?)?;
    Ok(is_fenced_by_split(&mut source, original)?
        || fence::remains(&mut source)?
        || is_copy_of(&target, copy, original)?
        || fence::remains(&mut target)?)
}

/// Whether a split has made a database read-only. Fails if a move has.
fn is_fenced_by_split(source: &mut Session, place: &Place) -> Result<bool, Error> {
    if !fence::is_up(source)? {
        return Ok(false);
    }
    if fence::is_pending(source)? {
        return Ok(true);
    }
    Err(Error::new(format!("a copy has taken the place of {}", place.title()))
        .fix("finish the move with todo-admin shards move, and use the file of shards that it has written"))
}

/// Whether replication from the original has not ended yet.
fn is_copy_of(copy: &Session, place: &Place, original: &Place) -> Result<bool, Error> {
    match original_of(&copy.conninfo)? {
        Some(other) if other != *original => Err(unfinished_move(&other, place)),
        other => Ok(other.is_some()),
    }
}

/// Opens the original again, for the users that remain, and deletes in both databases the users that the other one has.
fn settle(file: &ShardFile, [original, copy]: [Placement; 2]) -> Result<(), Error> {
    let place = &file.places()[original.number];
    let mut source = Session::open(file.conninfo(place)?)?;
    let mut target = Session::open(file.conninfo(&file.places()[copy.number])?)?;
    let is_copied = is_copy_of(&target, &file.places()[copy.number], place)?;
    let is_fenced = is_fenced_by_split(&mut source, place)?;
    if is_copied || is_fenced {
        original.must_be_of(&mut source)?;
        copy.must_be_of(&mut target)?;
    }
    if is_copied {
        replication::end(&mut source, &mut target, &file.places()[copy.number])?;
    }
    if is_fenced {
        fence::lower(&mut source)?;
    }
    if is_copied {
        remove(&mut target, original)?;
        shard_mark::unmark(&mut source, &mut target)?;
    }
    if fence::is_pending(&mut source)? {
        original.must_be_of(&mut source)?;
        copy.must_be_of(&mut target)?;
        replication::must_have_ended(&mut source)?;
        remove(&mut source, copy)?;
    }
    fence::drop_remains(&mut source)?;
    fence::drop_remains(&mut target)
}

/// Deletes the users of a shard that another database has now.
fn remove(session: &mut Session, shard: Placement) -> Result<(), Error> {
    let schema = Installed::schema_in_use(&mut session.client)?;
    let database = session.conninfo.get("dbname").unwrap_or_default().to_owned();
    let tables = session.client.query(&admin_sql!("placement_left", &schema), &[])?;
    let bar = shard_copy::progress();
    let (number, modulus) = (shard.number as i64, shard.modulus as i64);
    let (mut removed, mut last_id) = (0, String::new());
    loop {
        Error::if_interrupted()?;
        let mut transaction = fence::begin_removal(session, &schema)?;
        let row = transaction.query_one(&admin_sql!("placement_clean", &schema), &[&number, &modulus, &last_id])?;
        let Some(last) = row.get("last_id") else { break };
        let ids: Vec<String> = row.get("ids");
        for table in &tables {
            if transaction.query_one(table.get::<_, &str>("statement"), &[&ids])?.get(0) {
                let name: String = table.get("name");
                return Err(Error::new(format!(
                    "a trigger of table {name} keeps rows of users that have left {database}"
                ))
                .fix("let it allow the deletion, or drop it, and run the command again"));
            }
        }
        transaction.commit()?;
        last_id = last;
        removed += row.get::<_, i64>("users");
        bar.set_message(format!("{} deleted that the other database has", count(removed, "user")));
        bar.tick();
    }
    bar.finish_and_clear();
    Ok(())
}
