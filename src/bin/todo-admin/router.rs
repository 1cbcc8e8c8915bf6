//! `shards router-sql`: a script for a router, a database that passes on what applications ask of it.
//!
//! The catalog of the first shard describes the tables and functions that the router must have. The parts of the script that are the
//! same for all routers are files in `sql/router/`.

use crate::args::Router;
use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::installed::Installed;
use crate::message::{printable, warn};
use crate::output;
use crate::shard_file::{Shard, ShardFile};
use crate::sql::{admin_sql, begin};
use postgres::Client;
use postgres_protocol::escape::escape_literal;

/// A part of the script, in a file of `sql/router/`.
macro_rules! router_sql {
    ($file:literal) => {
        include_str!(concat!("../../../sql/router/", $file, ".sql"))
    };
}

/// The functions that need the directory, because they look up or change an address. The router has its own versions of them.
const WITH_DIRECTORY: [(&str, &str); 5] = [
    ("todo_authenticate", router_sql!("todo_authenticate")),
    ("todo_create_user", router_sql!("todo_create_user")),
    ("todo_delete_user", router_sql!("todo_delete_user")),
    ("todo_find_user", router_sql!("todo_find_user")),
    ("todo_update_user", router_sql!("todo_update_user")),
];

/// Prints the script. The router connects to the shards as a role of theirs.
pub fn print(file: &ShardFile, shards: &[Shard], router: Router, role: &str) -> Result<(), Error> {
    let first = shards.first().ok_or_else(|| Error::new("there is no shard"))?;
    let mut sessions = Vec::with_capacity(shards.len());
    for shard in shards {
        Error::if_interrupted()?;
        let title = shard.place.title();
        let session = Session::open(shard.conninfo.clone()).map_err(|error| error.while_doing(&title))?;
        sessions.push((title, session));
        if router == Router::Plproxy {
            break;
        }
    }
    let client = &mut sessions[0].1.client;
    let schema = Installed::schema_in_use(client)?;
    check(client, &schema, role).map_err(|error| error.while_doing(first.place.title()))?;
    let script = Script { schema, role };
    let text = match router {
        Router::Plproxy => script.plproxy(file, client)?,
        Router::PostgresFdw => {
            if shards.len() < file.modulus() {
                let twice = shards.iter().find(|shard| shard.numbers.len() > 1).map(|shard| &*shard.place.database);
                return Err(Error::new(format!(
                    "database {} is being split: through foreign tables, its rows would be seen twice",
                    twice.unwrap_or_default()
                ))
                .fix("run this again after the split"));
            }
            script.postgres_fdw(shards, &mut sessions)?
        }
    };
    output::write(text.as_bytes())
}

/// Fails if the role cannot be the router's.
fn check(client: &mut Client, schema: &str, role: &str) -> Result<(), Error> {
    let shown = printable(role);
    let row = client.query_opt(&admin_sql!("router_role", schema), &[&role])?;
    let has = |column: &str| row.as_ref().is_some_and(|row| row.get(column));
    if !has("has_grant") {
        return Err(Error::new(format!("role \"{shown}\" does not exist, or may not use todo"))
            .fix("create it on each server, and run todo-admin shards grant"));
    }
    if has("is_owner") {
        return Err(Error::new(format!("role \"{shown}\" may do more than an application"))
            .fix("create a role for the router, and run todo-admin shards grant"));
    }
    if has("is_isolated") {
        return Err(Error::new(format!(
            "role \"{shown}\" is isolated, but a router does not tell the shards who the current user is"
        ))
        .fix("run todo-admin shards grant without --isolated, or name another role"));
    }
    Ok(())
}

struct Script<'a> {
    /// Quoted as an identifier.
    schema: String,
    /// The role that the router connects as.
    role: &'a str,
}

impl Script<'_> {
    /// A part of the script, with its placeholders filled in.
    fn part(&self, text: &str) -> String {
        // The name has no quotes in it.
        let name = self.schema.trim_matches('"');
        text.replace("@extschema@", &self.schema)
            .replace("@schema_name@", name)
            .replace("@user@", &escape_literal(self.role))
    }

    /// The beginning of a script; `what` is what the router works with.
    fn begin(&self, client: &mut Client, what: &str) -> Result<String, Error> {
        // Without a search_path, PostgreSQL writes types and functions with their schemas.
        client.batch_execute("SET search_path = ''")?;
        let columns: Vec<String> = lines(client.query(&admin_sql!("router_columns", &self.schema), &[])?);
        Ok(format!(
            "-- A router for the databases of todo, by {what}. Made by todo-admin shards router-sql; run it with psql, as a superuser, in \
             a\n\
             -- database that has nothing but the router, whenever the list of databases or the version of todo has changed.\n\
             {}\nINSERT INTO pg_temp.todo_columns VALUES\n    {};\n\n",
            self.part(router_sql!("begin")),
            columns.join(",\n    ")
        ))
    }

    fn plproxy(&self, file: &ShardFile, client: &mut Client) -> Result<String, Error> {
        let own: Vec<&str> = WITH_DIRECTORY.iter().map(|(name, _)| *name).collect();
        let mut text = self.begin(client, "PL/Proxy")?;
        text += &self.part(router_sql!("plproxy_begin"));

        let user = escape_literal(self.role);
        text += "\n-- The databases, in the order of their numbers. A password belongs in the password file of the router's server, or \
                 here:\n\
                 --   ALTER USER MAPPING FOR PUBLIC SERVER todo OPTIONS (ADD password '...')\n";
        let mut server = |name: &str, places: Vec<Conninfo>| {
            text += &format!(
                "SELECT todo_router.set_server('{name}', 'plproxy', ARRAY[\n    {}\n]);\n\
                 CREATE USER MAPPING IF NOT EXISTS FOR PUBLIC SERVER {name} OPTIONS (user {user});\n\
                 ALTER USER MAPPING FOR PUBLIC SERVER {name} OPTIONS (SET user {user});\n",
                pairs(partitions(&places))
            );
        };
        server("todo", file.all_conninfo()?);
        match file.directory() {
            Some(place) => server("todo_directory", vec![file.conninfo(place)?]),
            None => {
                warn(
                    "the file names no directory, so the script leaves out the functions that need the addresses of all users: \
                     create, update, delete, find and authenticate",
                );
                text += &format!(
                    "-- The list of databases names no directory. These functions need it, and are left out: {}\n",
                    own.join(", ")
                );
            }
        }

        let functions = client.query(&admin_sql!("router_functions", &self.schema), &[&self.role, &own])?;
        let body = |name: &str| WITH_DIRECTORY.iter().find(|(own, _)| *own == name).map(|(_, body)| *body);
        let functions: Vec<_> =
            functions.iter().filter(|row| file.directory().is_some() || body(row.get("name")).is_none()).collect();
        let wanted: Vec<&str> = functions.iter().map(|row| row.get("line")).collect();
        text += &format!("\nINSERT INTO pg_temp.todo_functions VALUES\n    {};\n", wanted.join(",\n    "));
        text += &self.part(router_sql!("plproxy_types"));
        for row in &functions {
            text += &format!("{}\n\n", row.get::<_, &str>("proxy"));
        }
        if file.directory().is_some() {
            text += &self.part(router_sql!("plproxy_directory"));
        }
        for row in &functions {
            if let Some(body) = body(row.get("name")) {
                text += &format!("{}\n{}\n", row.get::<_, &str>("header"), self.part(body));
            }
            if let Some(comment) = row.get::<_, Option<&str>>("comment") {
                text += &format!("{comment}\n");
            }
        }
        text += &self.part(router_sql!("plproxy_end"));
        Ok(text + router_sql!("end"))
    }

    fn postgres_fdw(&self, shards: &[Shard], sessions: &mut [(String, Session)]) -> Result<String, Error> {
        let (first, last, taken) = self.ids(sessions)?;
        let client = &mut sessions[0].1.client;
        let mut text = self.begin(client, "postgres_fdw")?;
        text += &self.part(router_sql!("fdw_begin"));
        text += "\n-- The databases. A password belongs in the password file of the router's server, or in the user mappings of the \
                 roles:\n\
                 --   ALTER USER MAPPING FOR role SERVER todo_0 OPTIONS (ADD password '...')\n";
        for (number, shard) in shards.iter().enumerate() {
            text += &format!(
                "SELECT todo_router.set_server('todo_{number}', 'postgres_fdw', ARRAY[\n    {}\n]);\n",
                pairs(options(&shard.conninfo))
            );
        }
        text += &self.part(router_sql!("fdw_tables"));
        for (table, key) in [("users", "id"), ("todo_users", "id"), ("tasks", "user_id")] {
            text += &format!("SELECT todo_router.set_table('{table}', '{key}', {});\n", shards.len());
        }
        text += &format!(
            "\nCREATE SEQUENCE IF NOT EXISTS {}.tasks_id_seq MINVALUE {first} MAXVALUE {last};\n",
            self.schema
        );
        if let Some(taken) = taken {
            text += &self.part(router_sql!("fdw_taken")).replace("@taken@", &taken.to_string());
        }
        text += &self.part(router_sql!("fdw_end")).replace("@modulus@", &shards.len().to_string());
        Ok(text + router_sql!("end"))
    }

    /// The ids that the router gives to tasks: the first, the last, and the last one that is taken in any shard.
    fn ids(&self, sessions: &mut [(String, Session)]) -> Result<(i64, i64, Option<i64>), Error> {
        let (mut first, mut last, mut taken) = (0, 0, None);
        for (number, (title, session)) in sessions.iter_mut().enumerate() {
            let schema = Installed::schema_of_rows(&mut session.client).map_err(|error| error.while_doing(&title))?;
            if schema != self.schema {
                return Err(Error::new(format!(
                    "todo is in schema {schema}, but in the first shard in {}",
                    self.schema
                ))
                .while_doing(title)
                .fix("install todo in the same schema in all shards"));
            }
            let row = session.client.query_one(&admin_sql!("router_ids", &schema), &[])?;
            if number == 0 {
                (first, last) = (row.get("first"), row.get("last"));
            }
            taken = taken.max(row.get("taken"));
            if !row.get::<_, bool>("is_apart") {
                warn(&format!(
                    "{title}: its ids of tasks can collide with those of the router; \
                     run there: ALTER SEQUENCE {schema}.tasks_id_seq MAXVALUE {}",
                    first - 1
                ));
            }
        }
        Ok((first, last, taken))
    }
}

/// Tells the routers of the file where the shards are now, before anything is deleted where they were.
pub fn tell(file: &ShardFile) -> Result<(), Error> {
    for conninfo in file.routers()? {
        Error::if_interrupted()?;
        let name = name_of(&conninfo);
        tell_one(file, conninfo, &name).map_err(|error| error.while_doing(format!("router {name}")))?;
    }
    Ok(())
}

/// The router as people read it. The name of the database is not enough: all routers may have the same.
fn name_of(router: &Conninfo) -> String {
    let part = |key| router.get(key).unwrap_or_default();
    let host = router.get("host").unwrap_or(part("hostaddr"));
    printable(&format!("{} on {host}:{}", part("dbname"), part("port")))
}

/// Fails unless all routers of the file can be told.
pub fn must_listen(file: &ShardFile) -> Result<(), Error> {
    for conninfo in file.routers()? {
        let name = name_of(&conninfo);
        open(conninfo).map_err(|error| error.while_doing(format!("router {name}")))?;
    }
    Ok(())
}

/// A session in a router, the foreign-data wrapper of its servers, and how many databases it knows.
fn open(conninfo: Conninfo) -> Result<(Session, String, i64), Error> {
    let mut session = Session::open(conninfo)?;
    let row = session.client.query_opt(admin_sql!("router_servers"), &[])?.ok_or_else(|| {
        Error::new("this is not a router").fix("run the script of todo-admin shards router-sql there")
    })?;
    Ok((session, row.get("wrapper"), row.get("servers")))
}

/// The same for one router.
fn tell_one(file: &ShardFile, conninfo: Conninfo, name: &str) -> Result<(), Error> {
    let (mut session, wrapper, servers) = open(conninfo)?;
    let shards = file.all_conninfo()?;
    let servers: Vec<(String, Vec<Pair>)> = if wrapper == "plproxy" {
        vec![("todo".to_owned(), partitions(&shards))]
    } else if servers == shards.len() as i64 {
        shards.iter().enumerate().map(|(number, shard)| (format!("todo_{number}"), options(shard))).collect()
    } else {
        warn(&format!(
            "router {name} has foreign tables: run the script of router-sql postgres-fdw there after the split"
        ));
        return Ok(());
    };
    let mut transaction = begin(&mut session.client)?;
    for (server, options) in servers {
        transaction.batch_execute(&format!(
            "SELECT todo_router.set_server({}, '{wrapper}', ARRAY[{}])",
            escape_literal(&server),
            pairs(options)
        ))?;
    }
    Ok(transaction.commit()?)
}

/// Name and value of an option.
type Pair = (String, String);

/// What a server of PL/Proxy needs to connect to the shards.
fn partitions(shards: &[Conninfo]) -> Vec<Pair> {
    let pair = |(number, shard): (usize, &Conninfo)| (format!("p{number}"), shard.without_user().text());
    shards.iter().enumerate().map(pair).collect()
}

/// What a server of postgres_fdw needs to connect to a shard, without what postgres_fdw sets itself.
fn options(shard: &Conninfo) -> Vec<Pair> {
    let shard = shard.without_user();
    let given = shard.parameters().into_iter();
    let given = given.filter(|(key, _)| !matches!(*key, "client_encoding" | "fallback_application_name"));
    given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Rows of VALUES.
fn lines(rows: Vec<postgres::Row>) -> Vec<String> {
    rows.iter().map(|row| row.get("line")).collect()
}

/// An array of pairs, as text.
fn pairs(options: Vec<Pair>) -> String {
    let pair = |(key, value): &Pair| format!("[{}, {}]", escape_literal(key), escape_literal(value));
    options.iter().map(pair).collect::<Vec<_>>().join(",\n    ")
}
