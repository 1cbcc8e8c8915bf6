//! What belongs to the extension `todo`, and to its companions: the extensions that require it, such as `todo_auth`.

use crate::catalog;
use pgrx::pg_sys::{self, Oid};

/// `todo` or one of its companions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extension {
    oid: Oid,
    is_todo: bool,
}

impl Extension {
    /// The extension with this OID, if it is one of ours.
    pub fn by_oid(oid: Oid) -> Option<Self> {
        if oid == pg_sys::InvalidOid {
            return None;
        }
        let todo = todo();
        let is_todo = oid == todo;
        (is_todo || requires(oid, todo)).then_some(Self { oid, is_todo })
    }

    /// The extension of ours that an object belongs to. `class` is the catalog that the object is in.
    pub fn of(class: Oid, object: Oid) -> Option<Self> {
        // SAFETY: a catalog look-up, which takes any OIDs.
        Self::by_oid(unsafe { pg_sys::getExtensionOfObject(class, object) })
    }

    /// The extension of ours that a relation belongs to.
    pub fn of_relation(relation: Oid) -> Option<Self> {
        Self::of(pg_sys::RelationRelationId, relation)
    }

    /// Whether what belongs to it can be trusted, which is so only while its owner is a superuser. Any other owner could add
    /// objects of their own to the extension, so its members are guarded but not trusted.
    pub fn is_trusted(self) -> bool {
        catalog::is_superuser(catalog::extension_owner(self.oid))
    }

    /// Whether it is `todo` itself.
    pub fn is_todo(self) -> bool {
        self.is_todo
    }

    /// Its name.
    pub fn name(self) -> String {
        // SAFETY: a catalog look-up, whose result is NULL or a terminated string.
        unsafe { catalog::text(pg_sys::get_extension_name(self.oid)) }
    }
}

/// The OID of extension `todo`, or InvalidOid.
pub fn todo() -> Oid {
    // SAFETY: a catalog look-up by a terminated string.
    unsafe { pg_sys::get_extension_oid(c"todo".as_ptr(), true) }
}

fn requires(extension: Oid, todo: Oid) -> bool {
    let dependencies = catalog::dependencies(pg_sys::ExtensionRelationId, extension);
    dependencies.iter().any(|needed| needed.class == pg_sys::ExtensionRelationId && needed.object == todo)
}
