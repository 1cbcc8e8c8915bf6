//! What `#[pg_test]` asks for: how the server is set up that runs the tests inside a backend.

pub fn setup(_options: Vec<&str>) {}

pub fn postgresql_conf_options() -> Vec<&'static str> {
    // Tests connect by TCP; a deep checkout has no room for a socket's path.
    vec!["fsync = off", "unix_socket_directories = ''"]
}
