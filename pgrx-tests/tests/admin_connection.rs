//! How `todo-admin` connects to a server, and what it does on a terminal: passwords, TLS, Ctrl-C, progress bars.

use std::path::{Path, PathBuf};
use std::process::Command;
use todo_tests::admin::{shell_on_terminal, terminal};
use todo_tests::waiting::until;
use todo_tests::{Database, Said, Server, admin, said};

/// A cluster on a port of 127.0.0.1 that asks for passwords, and has a TLS certificate for the name `localhost`.
struct Secured {
    /// Stopped when the test ends.
    server: Server,
    port: String,
    certificates: PathBuf,
}

impl Secured {
    fn start() -> Self {
        let server = Server::start();
        let certificates = server.dir().join("certificates");
        std::fs::create_dir_all(&certificates).unwrap();
        let openssl = |arguments: &str| {
            let output =
                Command::new("openssl").args(arguments.split(' ')).current_dir(&certificates).output().unwrap();
            assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        };
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -days 2 -subj /CN=root");
        openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost");
        std::fs::write(certificates.join("san"), "subjectAltName=DNS:localhost").unwrap();
        openssl(
            "x509 -req -in server.csr -CA root.crt -CAkey root.key -CAcreateserial -out server.crt -days 2 -extfile san",
        );
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.crt -days 2 -subj /CN=other");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let data = server.dir().join("data");
        let mut settings = std::fs::read_to_string(data.join("postgresql.conf")).unwrap();
        settings += &format!("listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\n");
        std::fs::write(data.join("postgresql.conf"), settings).unwrap();
        for file in ["server.crt", "server.key"] {
            std::fs::copy(certificates.join(file), data.join(file)).unwrap();
        }
        let access = "local all all trust\nhostssl all secured 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), access).unwrap();
        server.connect("postgres").batch_execute("SET password_encryption = 'scram-sha-256'; CREATE ROLE secured SUPERUSER LOGIN PASSWORD 'right word'; CREATE EXTENSION todo").unwrap();
        server.restart(&["server.key"]);
        Self { server, port, certificates }
    }

    fn status(&self, dsn: &str, variables: &[(&str, &str)]) -> Said {
        let mut command = admin("postgres");
        command.env_remove("PGHOST").env("PGUSER", "secured").env("HOME", &self.certificates);
        command.args(["-v", "--dsn", &format!("port={} {dsn}", self.port), "status"]);
        said(command.envs(variables.iter().copied()), "")
    }
}

#[test]
fn passwords_and_certificates() {
    let secured = Secured::start();
    let root = secured.certificates.join("root.crt");
    let other = secured.certificates.join("other.crt");
    let right = [("PGPASSWORD", "right word")];
    let with_root = |mode: &str, host: &str, root: &Path| {
        secured.status(&format!("host={host} sslmode={mode} sslrootcert={}", root.display()), &right)
    };
    // Passwords: none, wrong, right, and from the file.
    let none = secured.status("host=localhost", &[]);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("password"), "{}", none.err);
    let wrong = secured.status("host=localhost", &[("PGPASSWORD", "wrong word")]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("28P01") && !wrong.err.contains("wrong word"), "{}", wrong.err);
    assert_eq!(secured.status("host=localhost", &right).code, 0);
    let file = secured.certificates.join("passwords");
    std::fs::write(&file, format!("other:*:*:*:no\nlocalhost:{}:*:secured:right word\n", secured.port)).unwrap();
    let by_file = [("PGPASSFILE", file.to_str().unwrap())];
    let open = secured.status("host=localhost", &by_file);
    assert_eq!(open.code, 1, "a file that others may read is not used");
    assert!(Command::new("chmod").arg("600").arg(&file).status().unwrap().success());
    assert_eq!(secured.status("host=localhost", &by_file).code, 0);

    // verify-ca checks who signed the certificate, and verify-full also checks the host name in it.
    for (mode, host, root, code) in [
        ("disable", "localhost", &root, 0),
        ("allow", "localhost", &root, 0),
        ("prefer", "localhost", &other, 0),
        ("require", "localhost", &root, 0),
        ("require", "localhost", &other, 1),
        ("verify-ca", "localhost", &root, 0),
        ("verify-ca", "127.0.0.1", &root, 0),
        ("verify-ca", "localhost", &other, 1),
        ("verify-full", "localhost", &root, 0),
        ("verify-full", "127.0.0.1", &root, 1),
        ("verify-full", "localhost", &other, 1),
    ] {
        let said = with_root(mode, host, root);
        assert_eq!((said.code, said.err.lines().count()), (code, code as usize), "{mode} {host}: {}", said.err);
    }
    // The system's root certificates count only with sslrootcert=system, not in addition to those of a file.
    let trusting = [right[0], ("SSL_CERT_FILE", root.to_str().unwrap())];
    let by = |root: &str| secured.status(&format!("host=localhost sslmode=verify-full sslrootcert={root}"), &trusting);
    assert_eq!(by("system").code, 0);
    assert_eq!(by(other.to_str().unwrap()).code, 1);
    assert_eq!(secured.status("host=localhost sslmode=verify-full", &right).code, 2, "no root certificate");
    assert_eq!(secured.status("host=localhost sslmode=require", &right).code, 0, "TLS without one");
    assert_eq!(secured.status("host=localhost sslmode=other", &right).code, 2);
}

/// Each host of a list is reached with the TLS that it needs, whatever comes before it.
#[test]
fn hosts_after_a_socket_are_reached_by_tls() {
    let secured = Secured::start();
    let file = |name: &str| secured.certificates.join(name).to_str().unwrap().to_owned();
    let code = |hosts: &str, mode: &str, root: &str| {
        let dsn = format!("{hosts} sslmode={mode} sslrootcert={}", file(root));
        let said = secured.status(&dsn, &[("PGPASSWORD", "right word")]);
        assert_eq!(said.err.lines().count(), said.code as usize, "{dsn}: {}", said.err);
        said.code
    };
    for mode in ["require", "verify-ca", "verify-full"] {
        for hosts in ["host=/nothing,localhost", "host=localhost,/nothing", "host=/nothing,/nothing,localhost"] {
            assert_eq!((code(hosts, mode, "root.crt"), code(hosts, mode, "other.crt")), (0, 1), "{hosts} {mode}");
        }
        // The address counts, and the host is only a name.
        assert_eq!(code("host=/nothing hostaddr=127.0.0.1", mode, "other.crt"), 1, "{mode}");
    }
    // The socket itself needs no TLS, and no root certificate.
    let socket = secured.server.host();
    assert_eq!(code(&format!("host={socket},localhost"), "verify-full", "nothing.crt"), 0);
    // Numbers of hosts, addresses and ports that do not fit.
    for wrong in ["host=a,b hostaddr=127.0.0.1", "host=a,b,c port=1,2"] {
        assert_eq!(secured.status(wrong, &[]).code, 2, "{wrong}");
    }
}

/// The server reports the same SQLSTATE for a role that pg_hba.conf rejects.
#[test]
fn a_role_that_does_not_exist() {
    let said = said(admin("postgres").args(["-v", "--dsn", "user=nobody_of_that_name", "status"]), "");
    assert!(said.code == 1 && said.err.contains("28000") && said.err.contains("nobody_of_that_name"), "{}", said.err);
    assert!(!said.err.contains("pg_hba"), "{}", said.err);
}

/// Ctrl-C cancels the query at the server, and the command ends with nothing changed.
#[test]
fn an_interrupt_cancels_the_query() {
    let mut database = Database::new();
    // The command has to wait for this lock.
    let mut other = database.connect();
    other.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").unwrap();
    let waits = format!(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'todo-admin' AND datname = '{}' AND wait_event_type = 'Lock'",
        database.name
    );
    for arguments in ["user list", "doctor", "doctor --json"] {
        let mut session = terminal(&database, arguments);
        until(&mut database.client, &waits, || ());
        session.send_control('c').unwrap();
        let end = session.exp_eof().unwrap();
        assert!(end.contains("interrupted"), "{arguments}: {end}");
        match session.process().wait() {
            Ok(status) => assert!(format!("{status:?}").contains("130"), "{arguments}: {status:?}"),
            Err(error) => panic!("{error}"),
        }
        let goes_on: bool = database.client.query_one(&waits, &[]).unwrap().get(0);
        assert!(!goes_on, "the server goes on with nothing");
    }
    other.batch_execute("ROLLBACK").unwrap();
}

/// Progress bars are shown only on a terminal, and NO_COLOR turns colours off.
#[test]
fn bars_and_colours() {
    let mut database = Database::with_users();
    database
        .client
        .batch_execute("INSERT INTO tasks (user_id, title) SELECT 'u1', 'x' FROM generate_series(1, 60000)")
        .unwrap();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.jsonl", database.name));
    let file = file.to_str().unwrap().to_owned();
    let shown = terminal(&database, &format!("export '{file}'")).exp_eof().unwrap();
    assert!(shown.contains('%') && shown.contains("left"), "{shown:?}");
    database.client.batch_execute("DELETE FROM users").unwrap();
    let shown = terminal(&database, &format!("import '{file}'")).exp_eof().unwrap();
    assert!(shown.contains('%') && shown.contains("/s") && shown.contains("60000 tasks imported"), "{shown:?}");
    let quiet = said(admin(&database.name).args(["export", "--force", &file]), "");
    assert_eq!((quiet.code, quiet.out.as_str(), quiet.err.lines().count()), (0, "", 1), "{}", quiet.err);
    assert!(terminal(&database, "stats").exp_eof().unwrap().contains("\u{1b}[32m"));
    let program = admin(&database.name).get_program().to_str().unwrap().to_owned();
    let plain = shell_on_terminal(&database, &format!("NO_COLOR=1 exec '{program}' stats")).exp_eof().unwrap();
    assert!(!plain.contains("\u{1b}[32m") && plain.contains("none yet"), "{plain:?}");
    std::fs::remove_file(file).unwrap();
}
