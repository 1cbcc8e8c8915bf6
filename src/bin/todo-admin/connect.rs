//! Connecting as psql does, with TLS up to `sslmode=verify-full`, and cancelling the running query on Ctrl-C.

use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::output;
use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslVerifyMode};
use postgres::config::{ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs};
use postgres::error::Severity;
use postgres::{CancelToken, Client, Config};
use postgres_openssl::MakeTlsConnector;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// A connection, and where it leads.
pub struct Session {
    pub client: Client,
    pub conninfo: Conninfo,
}

impl Session {
    pub fn open(conninfo: Conninfo) -> Result<Self, Error> {
        let weakest = if conninfo.get("sslrootcert") == Some("system") { "verify-full" } else { "prefer" };
        let host = conninfo.get("host").unwrap_or_default();
        // A socket of this machine has no TLS, whatever is asked for.
        let is_local = host.starts_with('/') || host.starts_with('@');
        let mode = if is_local { "disable" } else { conninfo.get("sslmode").unwrap_or(weakest) }.to_owned();
        let tls = tls(&conninfo, &mode)?;
        let mut config = config(&conninfo)?;
        let attempts: &[SslMode] = match &*mode {
            "disable" => &[SslMode::Disable],
            "allow" => &[SslMode::Disable, SslMode::Require],
            "prefer" => &[SslMode::Prefer],
            _ => &[SslMode::Require],
        };
        let mut outcome = Err(Error::new("no way to connect"));
        for &attempt in attempts {
            outcome = config.ssl_mode(attempt).connect(tls.clone()).map_err(|error| unreachable(error, &conninfo));
            if outcome.is_ok() {
                break;
            }
        }
        let client = outcome?;
        cancel_on_interrupt(client.cancel_token(), tls);
        Ok(Self { client, conninfo })
    }
}

/// An error on the way to the server names it.
fn unreachable(error: postgres::Error, conninfo: &Conninfo) -> Error {
    if error.as_db_error().is_some() {
        return error.into();
    }
    let place = conninfo.get("host").or_else(|| conninfo.get("hostaddr")).unwrap_or("?");
    let port = conninfo.get("port").unwrap_or("?");
    let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    let text = error.to_string();
    if text.contains("password missing") {
        return Error::new("the server asks for a password").fix("set PGPASSWORD or use a password file");
    }
    Error::new(format!("cannot connect to {place}, port {port}: {cause}"))
        .fix("check that the server runs, and --dsn, DATABASE_URL or PGHOST")
}

fn config(conninfo: &Conninfo) -> Result<Config, Error> {
    let mut config = Config::new();
    for host in conninfo.get("host").unwrap_or_default().split(',').filter(|host| !host.is_empty()) {
        config.host(host);
    }
    for address in conninfo.get("hostaddr").unwrap_or_default().split(',').filter(|address| !address.is_empty()) {
        config.hostaddr(value("hostaddr", address)?);
    }
    for port in conninfo.get("port").unwrap_or("5432").split(',') {
        config.port(value("port", port)?);
    }
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
            other => return Err(unknown("target_session_attrs", other)),
        });
    }
    if let Some(binding) = conninfo.get("channel_binding") {
        config.channel_binding(match binding {
            "disable" => ChannelBinding::Disable,
            "prefer" => ChannelBinding::Prefer,
            "require" => ChannelBinding::Require,
            other => return Err(unknown("channel_binding", other)),
        });
    }
    if let Some(negotiation) = conninfo.get("sslnegotiation") {
        config.ssl_negotiation(match negotiation {
            "postgres" => SslNegotiation::Postgres,
            "direct" => SslNegotiation::Direct,
            other => return Err(unknown("sslnegotiation", other)),
        });
    }
    if conninfo.get("load_balance_hosts") == Some("random") {
        config.load_balance_hosts(LoadBalanceHosts::Random);
    }
    config.notice_callback(|notice| {
        if notice.parsed_severity() == Some(Severity::Warning) {
            let hint = notice.hint().map_or(String::new(), |hint| format!(" ({hint})"));
            output::warn(&format!("{}{hint}", notice.message()));
        }
    });
    Ok(config)
}

fn value<T: FromStr>(key: &str, text: &str) -> Result<T, Error> {
    text.trim().parse().map_err(|_| unknown(key, text))
}

fn unknown(key: &str, value: &str) -> Error {
    // What stands where a number belongs may be part of a password, by a slip.
    let shown = if key == "port" || key == "hostaddr" { String::new() } else { format!(" \"{value}\"") };
    Error::usage(
        format!("connection parameter {key} cannot have this value{shown}"),
        "see PostgreSQL's connection strings",
    )
}

/// TLS as libpq has it: certificates are verified from verify-ca on, or where there is a root certificate to do it with;
/// names from verify-full on.
fn tls(conninfo: &Conninfo, mode: &str) -> Result<MakeTlsConnector, Error> {
    if !matches!(mode, "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full") {
        return Err(unknown("sslmode", mode));
    }
    let failed = |error: openssl::error::ErrorStack| Error::new(format!("TLS: {error}"));
    let own = |name: &str| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".postgresql").join(name));
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(failed)?;

    let root = conninfo.get("sslrootcert").map(PathBuf::from).or_else(|| own("root.crt"));
    let system = root.as_ref().is_some_and(|root| root.as_os_str() == "system");
    let root = root.filter(|root| !system && root.exists());
    let verifies = system || (root.is_some() && mode != "prefer" && mode != "allow") || mode.starts_with("verify");
    match &root {
        Some(root) if verifies => builder.set_ca_file(root).map_err(failed)?,
        None if verifies && !system => {
            return Err(Error::usage(
                format!("sslmode {mode} needs a root certificate"),
                "put it into ~/.postgresql/root.crt, or name it by sslrootcert (\"system\" for the system's)",
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
    Ok(connector)
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Someone is being asked: no query is running that would have to be cancelled.
static PROMPTING: AtomicBool = AtomicBool::new(false);
static CANCEL: OnceLock<Mutex<(CancelToken, MakeTlsConnector)>> = OnceLock::new();

/// The first Ctrl-C cancels the query, which then fails; the second ends the process.
fn cancel_on_interrupt(token: CancelToken, tls: MakeTlsConnector) {
    if let Some(cancel) = CANCEL.get() {
        *cancel.lock().expect("nobody panics holding it") = (token, tls);
        return;
    }
    let _ = CANCEL.set(Mutex::new((token, tls)));
    // A handler that cannot be had leaves the default, which ends the process.
    let _ = ctrlc::set_handler(|| {
        if PROMPTING.load(Ordering::SeqCst) {
            // A password's prompt has turned the echo off.
            let _ = std::process::Command::new("stty").arg("echo").status();
            eprintln!();
            std::process::exit(130);
        }
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        if let Some((token, tls)) = CANCEL.get().and_then(|cancel| cancel.lock().ok()).as_deref() {
            let _ = token.cancel_query(tls.clone());
        }
    });
}

/// Asks someone: Ctrl-C ends the program at once.
pub fn prompting<T>(ask: impl FnOnce() -> T) -> T {
    PROMPTING.store(true, Ordering::SeqCst);
    let answer = ask();
    PROMPTING.store(false, Ordering::SeqCst);
    answer
}

pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
