//! Waiting until a server is in some state, which a test cannot bring about by itself. If it does not come, the test fails.

use postgres::Client;
use std::time::{Duration, Instant};

/// Returns as soon as a query has the answer true. Does `meanwhile` before it asks again.
#[track_caller]
pub fn until(client: &mut Client, condition: &str, mut meanwhile: impl FnMut()) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !client.query_one(condition, &[]).unwrap().get::<_, bool>(0) {
        assert!(Instant::now() < deadline, "{condition}");
        meanwhile();
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Returns as soon as the session `pid` waits for a lock.
#[track_caller]
pub fn until_it_waits(client: &mut Client, pid: i32) {
    // A lock on a catalog does not count. Autovacuum takes one when it truncates the catalog, and the session has not begun its work then.
    let condition = format!(
        "SELECT count(*) > 0 FROM pg_locks WHERE pid = {pid} AND NOT granted AND (relation >= 16384) IS NOT FALSE"
    );
    until(client, &condition, || ());
}
