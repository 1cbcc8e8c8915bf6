//! The functions that `#[pg_test]` calls to set up the server in which it runs the tests.

pub fn setup(_options: Vec<&str>) {}

pub fn postgresql_conf_options() -> Vec<&'static str> {
    // Tests connect by TCP; a deep checkout has no room for a socket's path.
    vec!["fsync = off", "unix_socket_directories = ''"]
}
