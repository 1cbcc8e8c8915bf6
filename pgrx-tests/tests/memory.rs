//! Thirty thousand calls leave nothing in a backend's memory, neither in one transaction nor in one each. `make fuzz` can make more.

use todo_tests::memory::{self, CALLS, Growth};

fn is_flat(growth: Growth) {
    assert!(growth.is_flat(), "{}: {} kB more after {} calls", growth.function, growth.kilobytes, growth.calls);
}

#[test]
fn in_one_transaction() {
    memory::in_one_transaction(CALLS, None, is_flat);
}

#[test]
fn in_many_transactions() {
    memory::in_many_transactions(CALLS, None, is_flat);
}
