//! Bytes that a client sends as text, whether they are valid UTF-8 or not.

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use std::error::Error;

/// The bytes of a text parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawText(pub Vec<u8>);

impl From<&str> for RawText {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for RawText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl ToSql for RawText {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
