//! Calls by the hundred thousand leave nothing in a backend's memory, neither in one transaction nor in as many. `make fuzz` can make more.

use todo_tests::memory::{self, Growth, KILOBYTES};

/// Of a function that reads or changes a few rows.
const CALLS: u32 = 100_000;

fn is_flat(Growth { function, calls, kilobytes }: Growth) {
    eprintln!("GROWTH {function} {calls} {kilobytes}");
    assert!(kilobytes < KILOBYTES, "{function}: {kilobytes} kB more after {calls} calls");
}

#[test]
fn in_one_transaction() {
    memory::in_one_transaction(CALLS, None, is_flat);
}

#[test]
fn in_many_transactions() {
    memory::in_many_transactions(CALLS, None, is_flat);
}
