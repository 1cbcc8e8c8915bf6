//! Where to connect, by libpq's rules. A parameter comes from the first of these that has it: `--dsn`, or `DATABASE_URL` if
//! there is no `--dsn`; the service; the PG* variables; the password file; the defaults.

use crate::connection_string;
use crate::error::Error;
use crate::message::warn;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where valid parameters and values are listed.
pub const SEE_LIBPQ: &str = "see \"Parameter Key Words\" in PostgreSQL's manual";

/// Environment variables, and the connection parameters that they set.
const VARIABLES: [(&str, &str); 17] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGOPTIONS", "options"),
    ("PGAPPNAME", "application_name"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGSSLNEGOTIATION", "sslnegotiation"),
];
/// Connection parameters without an environment variable. Some are accepted because libpq has them, but have no effect here.
const OTHERS: [&str; 14] = [
    "service",
    "servicefile",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "load_balance_hosts",
    "client_encoding",
    "fallback_application_name",
    "gssencmode",
    "gsslib",
    "krbsrvname",
    "sslcompression",
];

/// Connection parameters by libpq's names.
#[derive(Clone, Debug, Default)]
pub struct Conninfo(BTreeMap<String, String>);

impl Conninfo {
    /// Reads everything except the password file, which only [`Self::password`] reads.
    pub fn resolve(given: Option<&str>) -> Result<Self, Error> {
        let given = given.map(str::to_owned).or_else(|| variable("DATABASE_URL"));
        let mut conninfo = given.as_deref().map_or(Ok(Self::default()), Self::parse)?;
        if let Some(service) = conninfo.0.remove("service").or_else(|| variable("PGSERVICE")) {
            conninfo.add(service_parameters(&service, conninfo.get("servicefile"))?);
        }
        conninfo.add(VARIABLES.iter().filter_map(|&(name, key)| Some((key.to_owned(), variable(name)?))));
        conninfo.add([("application_name".to_owned(), "todo-admin".to_owned())]);
        if !conninfo.0.contains_key("host") && !conninfo.0.contains_key("hostaddr") {
            conninfo.0.insert("host".to_owned(), default_host());
        }
        conninfo.add([("port".to_owned(), "5432".to_owned())]);
        if let Some(user) = variable("USER").or_else(|| variable("LOGNAME")) {
            conninfo.add([("user".to_owned(), user)]);
        }
        if let Some(user) = conninfo.get("user").map(str::to_owned) {
            conninfo.add([("dbname".to_owned(), user)]);
        }
        Ok(conninfo)
    }

    /// Sets parameters that have no value yet.
    fn add(&mut self, parameters: impl IntoIterator<Item = (String, String)>) {
        for (key, value) in parameters {
            self.0.entry(key).or_insert(value);
        }
    }

    /// The value of a parameter, or `None` if it is not set or empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The same server, but another database.
    pub fn with_database(&self, name: &str) -> Self {
        let mut conninfo = self.clone();
        conninfo.0.insert("dbname".to_owned(), name.to_owned());
        conninfo
    }

    /// The same database, but without the role, which is named elsewhere.
    pub fn without_user(&self) -> Self {
        let mut conninfo = self.clone();
        conninfo.0.remove("user");
        conninfo
    }

    /// Everything except the password, as environment variables for programs that use libpq.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let known = VARIABLES.iter().filter(|(_, key)| !matches!(*key, "password" | "passfile"));
        known.filter_map(|&(name, key)| Some((name, self.get(key)?.to_owned()))).collect()
    }

    /// What another server needs to connect to this database: everything except the password and what only concerns this machine or
    /// program.
    pub fn parameters(&self) -> Vec<(&str, &str)> {
        const OWN: [&str; 5] = ["password", "passfile", "servicefile", "application_name", "options"];
        let given = self.0.iter().filter(|(key, value)| !value.is_empty() && !OWN.contains(&key.as_str()));
        given.map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// [`Self::parameters`] as libpq's `key='value'` pairs.
    pub fn text(&self) -> String {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
        let pairs = self.parameters().into_iter().map(|(key, value)| format!("{key}='{}'", quoted(value)));
        pairs.collect::<Vec<_>>().join(" ")
    }

    /// Reads a URL, `key=value` pairs, or the name of a database. Fails at a parameter that this program does not know.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parameters = connection_string::parse(text)?;
        for (key, _) in &parameters {
            if !key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                return Err(Error::usage("malformed connection string", "write key=value pairs, or postgresql://..."));
            }
            let known = VARIABLES.iter().any(|(_, name)| name == key) || OTHERS.contains(&&**key);
            if !known {
                return Err(Error::usage(format!("there is no connection parameter {key}"), SEE_LIBPQ));
            }
        }
        Ok(Self(parameters.into_iter().collect()))
    }

    /// The password, from the password file if no other place has it.
    pub fn password(&self) -> Option<String> {
        self.get("password").map(str::to_owned).or_else(|| {
            let file =
                self.get("passfile").map_or_else(|| home().map(|home| home.join(".pgpass")), |f| Some(f.into()))?;
            let text = read_private(&file)?;
            let host = self.get("host").or_else(|| self.get("hostaddr"))?;
            // In password files, localhost also stands for the default directory of sockets.
            let host = if host == default_host() { "localhost" } else { host };
            let wanted = [host, self.get("port")?, self.get("dbname")?, self.get("user")?];
            text.lines().find_map(|line| password_of(line, &wanted))
        })
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn home() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// The directory of sockets that Debian's packages use, or else that of PostgreSQL's own builds.
fn default_host() -> String {
    let directories = ["/var/run/postgresql", "/tmp"];
    let has_socket = |dir: &&&str| Path::new(dir).join(".s.PGSQL.5432").exists();
    let found = directories.iter().find(has_socket).or_else(|| directories.iter().find(|dir| Path::new(dir).is_dir()));
    found.map_or("localhost", |dir| dir).to_owned()
}

/// The parameters of a service, from the user's file or else the system's.
fn service_parameters(service: &str, file: Option<&str>) -> Result<Vec<(String, String)>, Error> {
    let own = file.map(PathBuf::from).or_else(|| variable("PGSERVICEFILE").map(PathBuf::from));
    let own = own.or_else(|| home().map(|home| home.join(".pg_service.conf")));
    let system =
        variable("PGSYSCONFDIR").map_or("/etc/postgresql-common".into(), PathBuf::from).join("pg_service.conf");
    for file in own.into_iter().chain([system]) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let mut lines = text.lines().map(str::trim).skip_while(|line| *line != format!("[{service}]"));
        if lines.next().is_some() {
            let lines = lines.take_while(|line| !line.starts_with('['));
            let pairs = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            return Ok(pairs
                .filter_map(|l| l.split_once('='))
                .map(|(k, v)| (k.trim().into(), v.trim().into()))
                .collect());
        }
    }
    Err(Error::usage(format!("there is no service \"{service}\""), "define it in ~/.pg_service.conf"))
}

/// A password file, unless someone else may read it.
fn read_private(file: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
    if metadata.permissions().mode() & 0o077 != 0 {
        let file = file.display();
        warn(&format!("password file {file} is ignored because other users have access to it: run chmod 600 {file}"));
        return None;
    }
    fs::read_to_string(file).ok()
}

/// The password in a line `host:port:dbname:user:password`, if the line is for this connection.
fn password_of(line: &str, wanted: &[&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            // The password is the rest of the line, colons included.
            ':' if fields.len() <= wanted.len() => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(characters.next()),
            c => fields.last_mut()?.push(c),
        }
    }
    let (password, fields) = fields.split_last().filter(|(_, fields)| fields.len() == wanted.len())?;
    fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted).then(|| password.clone())
}

#[cfg(test)]
#[path = "conninfo_tests.rs"]
mod tests;
