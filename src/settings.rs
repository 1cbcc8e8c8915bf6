//! The extension's settings (`SHOW todo.bcrypt_cost`).

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

static GUARD: GucSetting<bool> = GucSetting::<bool>::new(true);
static BCRYPT_COST: GucSetting<i32> = GucSetting::<i32>::new(12);

/// Registers the settings. To be called once, when the library is loaded.
pub fn define() {
    GucRegistry::define_int_guc(
        c"todo.bcrypt_cost",
        c"Cost of new password hashes.",
        c"The base-2 logarithm of bcrypt's rounds. Each step doubles the time of hashing and of a login.",
        &BCRYPT_COST,
        4,
        15,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"todo.guard",
        c"Refuses commands that drop tables with rows in them, or change what the extension created.",
        c"When it is off, a superuser can drop and change everything.",
        &GUARD,
        GucContext::Suset,
        GucFlags::default(),
    );
}

/// Whether dangerous commands on the tables are refused.
pub fn guard() -> bool {
    GUARD.get()
}

/// The cost of new hashes, 4-15.
pub fn bcrypt_cost() -> u32 {
    BCRYPT_COST.get().unsigned_abs()
}
