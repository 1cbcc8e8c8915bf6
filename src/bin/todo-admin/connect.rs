//! Connects as psql does, with TLS up to `sslmode=verify-full`.

use crate::conninfo::{Conninfo, SEE_LIBPQ};
use crate::error::Error;
use crate::installed::login_is_superuser;
use crate::interrupt::{Cancel, on_interrupt};
use crate::message::warn;
use crate::sql::admin_sql;
use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslVerifyMode};
use openssl::x509::store::X509StoreBuilder;
use postgres::config::{ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs};
use postgres::error::Severity;
use postgres::{Client, Config, NoTls};
use postgres_openssl::MakeTlsConnector;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A connection, and where it leads.
pub struct Session {
    pub client: Client,
    pub conninfo: Conninfo,
    /// For Ctrl-C.
    _cancel: Arc<Cancel>,
}

impl Session {
    /// Connects, and makes the session safe to work in: see `sql/admin/safe_session.sql`. From then on, Ctrl-C cancels its queries.
    ///
    /// If several hosts are given, each is tried with the TLS that it needs, until one of them answers.
    pub fn open(conninfo: Conninfo) -> Result<Self, Error> {
        let base = config(&conninfo)?;
        let mut outcome = Err(Error::new("no way to connect"));
        for server in Server::all(&conninfo)? {
            let mut config = base.clone();
            server.add_to(&mut config);
            let mode = if server.is_local() { "disable" } else { tls_mode(&conninfo) };
            let tls = tls(&conninfo, mode)?;
            let attempts: &[SslMode] = match mode {
                "disable" => &[SslMode::Disable],
                "allow" => &[SslMode::Disable, SslMode::Require],
                "prefer" => &[SslMode::Prefer],
                _ => &[SslMode::Require],
            };
            for &attempt in attempts {
                config.ssl_mode(attempt);
                let client = match &tls {
                    Some(tls) => config.connect(tls.clone()),
                    None => config.connect(NoTls),
                };
                match client {
                    Ok(client) => return Self::prepared(client, conninfo, tls),
                    Err(error) => outcome = Err(cannot_connect(error, &conninfo)),
                }
            }
        }
        outcome
    }

    fn prepared(mut client: Client, conninfo: Conninfo, tls: Option<MakeTlsConnector>) -> Result<Self, Error> {
        client.batch_execute(admin_sql!("safe_session"))?;
        let token = client.cancel_token();
        let cancel: Arc<Cancel> = Arc::new(move || {
            let _ = match &tls {
                Some(tls) => token.cancel_query(tls.clone()),
                None => token.cancel_query(NoTls),
            };
        });
        on_interrupt(&cancel);
        let mut session = Self { client, conninfo, _cancel: cancel };
        // No one else may choose the role of a session that has a superuser's rights.
        if login_is_superuser(&mut session.client)? {
            session.leave_role_of_database()?;
        }
        Ok(session)
    }

    /// Goes back to the role that has logged in, if the owner of the database has set another one with ALTER DATABASE. A role that
    /// the operator has chosen stays.
    pub fn leave_role_of_database(&mut self) -> Result<(), Error> {
        // How options for libpq choose a role: "-c role=NAME", "-crole=NAME" or "--role=NAME".
        let sets_role = |word: &str| ["role=", "-crole=", "--role="].iter().any(|form| word.starts_with(form));
        let chosen = self.conninfo.get("options").is_some_and(|options| options.split_whitespace().any(sets_role));
        if !chosen && self.client.query_one(admin_sql!("database_role"), &[])?.get(0) {
            self.client.batch_execute("SET ROLE NONE")?;
        }
        Ok(())
    }
}

/// Names the server in an error that did not come from it.
fn cannot_connect(error: postgres::Error, conninfo: &Conninfo) -> Error {
    if error.as_db_error().is_some() {
        return error.into();
    }
    let place = conninfo.get("host").or_else(|| conninfo.get("hostaddr")).unwrap_or("?");
    let port = conninfo.get("port").unwrap_or("?");
    let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    let text = error.to_string();
    if text.contains("password missing") {
        return Error::new("the server asks for a password")
            .fix("set PGPASSWORD, or add the password to your password file");
    }
    Error::new(format!("cannot connect to {place}, port {port}: {cause}"))
        .fix("check that the server is running, and that --dsn, DATABASE_URL, PGHOST or the file of shards names it")
}

/// One of the servers to try.
struct Server<'a> {
    /// A name, or the directory of a Unix socket.
    host: Option<&'a str>,
    address: Option<IpAddr>,
    port: u16,
}

impl<'a> Server<'a> {
    /// All of them: in the order in which they are given, or in a random one if load_balance_hosts says so.
    fn all(conninfo: &'a Conninfo) -> Result<Vec<Self>, Error> {
        let list = |key| conninfo.get(key).unwrap_or_default().split(',').filter(|item| !item.is_empty());
        let hosts: Vec<&str> = list("host").collect();
        let addresses: Vec<IpAddr> =
            list("hostaddr").map(|address| value("hostaddr", address)).collect::<Result<_, _>>()?;
        let ports: Vec<u16> = conninfo
            .get("port")
            .unwrap_or("5432")
            .split(',')
            .map(|port| value("port", port))
            .collect::<Result<_, _>>()?;
        let count = hosts.len().max(addresses.len());
        let fits = |length: usize| length == count;
        if count == 0 || !(hosts.is_empty() || fits(hosts.len())) || !(addresses.is_empty() || fits(addresses.len())) {
            return Err(Error::usage(
                "host and hostaddr must name the same number of servers, at least one",
                SEE_LIBPQ,
            ));
        }
        if ports.len() > 1 && !fits(ports.len()) {
            return Err(Error::usage("port must name one port, or one for each host", SEE_LIBPQ));
        }
        let server = |number: usize| Self {
            host: hosts.get(number).copied(),
            address: addresses.get(number).copied(),
            port: ports.get(number).copied().unwrap_or(ports[0]),
        };
        let mut all: Vec<Self> = (0..count).map(server).collect();
        if conninfo.get("load_balance_hosts") == Some("random") {
            all.sort_by_cached_key(|_| Uuid::new_v4());
        }
        Ok(all)
    }

    /// Whether it is reached by a Unix socket, which has no TLS. An address counts before a host.
    fn is_local(&self) -> bool {
        self.address.is_none() && self.host.is_some_and(|host| host.starts_with('/'))
    }

    fn add_to(&self, config: &mut Config) {
        if let Some(host) = self.host {
            config.host(host);
        }
        if let Some(address) = self.address {
            config.hostaddr(address);
        }
        config.port(self.port);
    }
}

/// Everything except the server and TLS.
fn config(conninfo: &Conninfo) -> Result<Config, Error> {
    let mut config = Config::new();
    if let Some(user) = conninfo.get("user") {
        config.user(user);
    }
    if let Some(dbname) = conninfo.get("dbname") {
        config.dbname(dbname);
    }
    if let Some(options) = conninfo.get("options") {
        config.options(options);
    }
    if let Some(name) = conninfo.get("application_name") {
        config.application_name(name);
    }
    if let Some(password) = conninfo.password() {
        config.password(password);
    }
    for (key, set) in [
        ("connect_timeout", Config::connect_timeout as fn(&mut Config, Duration) -> &mut Config),
        ("keepalives_idle", Config::keepalives_idle),
        ("keepalives_interval", Config::keepalives_interval),
    ] {
        if let Some(seconds) = conninfo.get(key).map(|seconds| value(key, seconds)).transpose()?.filter(|&s| s > 0) {
            set(&mut config, Duration::from_secs(seconds));
        }
    }
    if let Some(milliseconds) = conninfo.get("tcp_user_timeout") {
        config.tcp_user_timeout(Duration::from_millis(value("tcp_user_timeout", milliseconds)?));
    }
    if let Some(count) = conninfo.get("keepalives_count") {
        config.keepalives_retries(value("keepalives_count", count)?);
    }
    if let Some(on) = conninfo.get("keepalives") {
        config.keepalives(on != "0");
    }
    if let Some(attributes) = conninfo.get("target_session_attrs") {
        config.target_session_attrs(match attributes {
            "any" => TargetSessionAttrs::Any,
            "read-write" | "primary" => TargetSessionAttrs::ReadWrite,
            "read-only" | "standby" => TargetSessionAttrs::ReadOnly,
            other => return Err(invalid("target_session_attrs", other)),
        });
    }
    if let Some(binding) = conninfo.get("channel_binding") {
        config.channel_binding(match binding {
            "disable" => ChannelBinding::Disable,
            "prefer" => ChannelBinding::Prefer,
            "require" => ChannelBinding::Require,
            other => return Err(invalid("channel_binding", other)),
        });
    }
    if let Some(negotiation) = conninfo.get("sslnegotiation") {
        config.ssl_negotiation(match negotiation {
            "postgres" => SslNegotiation::Postgres,
            "direct" => SslNegotiation::Direct,
            other => return Err(invalid("sslnegotiation", other)),
        });
    }
    if conninfo.get("load_balance_hosts") == Some("random") {
        config.load_balance_hosts(LoadBalanceHosts::Random);
    }
    config.notice_callback(|notice| {
        if notice.parsed_severity() == Some(Severity::Warning) {
            let hint = notice.hint().map_or(String::new(), |hint| format!(" ({hint})"));
            warn(&format!("{}{hint}", notice.message()));
        }
    });
    Ok(config)
}

fn value<T: FromStr>(key: &str, text: &str) -> Result<T, Error> {
    text.trim().parse().map_err(|_| invalid(key, text))
}

fn invalid(key: &str, value: &str) -> Error {
    // In a mistyped URL, part of the password may stand where these belong.
    let shown = if key == "port" || key == "hostaddr" { String::new() } else { format!(": \"{value}\"") };
    Error::usage(format!("invalid value for connection parameter {key}{shown}"), SEE_LIBPQ)
}

/// The value of `sslmode`, which is about servers that are not reached by a Unix socket.
fn tls_mode(conninfo: &Conninfo) -> &str {
    let weakest = if conninfo.get("sslrootcert") == Some("system") { "verify-full" } else { "prefer" };
    conninfo.get("sslmode").unwrap_or(weakest)
}

/// TLS by libpq's rules. The server's certificate is verified if sslmode is verify-ca or verify-full, or if there is a root
/// certificate and sslmode is require. Its name is verified if sslmode is verify-full.
///
/// Without TLS the result is `None`: a connector begins with reading the system's certificates, which takes longer than a local
/// connection.
fn tls(conninfo: &Conninfo, mode: &str) -> Result<Option<MakeTlsConnector>, Error> {
    if !matches!(mode, "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full") {
        return Err(invalid("sslmode", mode));
    }
    if mode == "disable" {
        return Ok(None);
    }
    let failed = |error: openssl::error::ErrorStack| Error::new(format!("TLS: {error}"));
    let own = |name: &str| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".postgresql").join(name));
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(failed)?;

    let root = conninfo.get("sslrootcert").map(PathBuf::from).or_else(|| own("root.crt"));
    let system = root.as_ref().is_some_and(|root| root.as_os_str() == "system");
    let root = root.filter(|root| !system && root.exists());
    let verifies = system || (root.is_some() && mode != "prefer" && mode != "allow") || mode.starts_with("verify");
    #[cfg(feature = "portable")]
    if system {
        find_system_certificates(&mut builder).map_err(failed)?;
    }
    if !system {
        // The certificates of a file are trusted instead of the system's, not in addition to them.
        builder.set_cert_store(X509StoreBuilder::new().map_err(failed)?.build());
    }
    match &root {
        Some(root) if verifies => builder.set_ca_file(root).map_err(failed)?,
        None if verifies && !system => {
            return Err(Error::usage(
                format!("sslmode {mode} needs a root certificate"),
                "save it as ~/.postgresql/root.crt, or name its file in sslrootcert; \"system\" means the system's certificates",
            ));
        }
        _ => {}
    }
    builder.set_verify(if verifies { SslVerifyMode::PEER } else { SslVerifyMode::NONE });

    let certificate = conninfo.get("sslcert").map(PathBuf::from).or_else(|| own("postgresql.crt"));
    let key = conninfo.get("sslkey").map(PathBuf::from).or_else(|| own("postgresql.key"));
    if let (Some(certificate), Some(key)) = (certificate.filter(|file| file.exists()), key) {
        builder.set_certificate_chain_file(certificate).map_err(failed)?;
        builder.set_private_key_file(key, SslFiletype::PEM).map_err(failed)?;
    }
    let verifies_name = mode == "verify-full" || system;
    let mut connector = MakeTlsConnector::new(builder.build());
    connector.set_callback(move |configuration, _| {
        configuration.set_verify_hostname(verifies_name);
        Ok(())
    });
    Ok(Some(connector))
}

/// The OpenSSL in a portable program does not know where this system has its certificates. As elsewhere, the environment variables
/// SSL_CERT_FILE and SSL_CERT_DIR take precedence.
#[cfg(feature = "portable")]
fn find_system_certificates(builder: &mut openssl::ssl::SslConnectorBuilder) -> Result<(), openssl::error::ErrorStack> {
    match openssl_probe::probe().cert_file {
        Some(file) if !openssl_probe::has_ssl_cert_env_vars() => builder.set_ca_file(file),
        _ => Ok(()),
    }
}
