//! Errors as a client sees them: by their fields, not by their message.

/// SQLSTATE and two more fields of an error.
pub type Fields<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// The fields of an error, except its message.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: String,
    pub table: Option<String>,
    pub column: Option<String>,
    pub constraint: Option<String>,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

impl Failure {
    /// The error of a statement that must fail.
    #[track_caller]
    pub fn of<T>(result: Result<T, postgres::Error>) -> Self {
        let Err(error) = result else { panic!("the statement succeeded") };
        Self::from(&error)
    }

    /// Code, column and constraint.
    pub fn fields(&self) -> Fields<'_> {
        (&self.code, self.column.as_deref(), self.constraint.as_deref())
    }
}

impl From<&postgres::Error> for Failure {
    fn from(error: &postgres::Error) -> Self {
        let db = error.as_db_error().unwrap_or_else(|| panic!("not an error of the server: {error}"));
        let owned = |field: Option<&str>| field.map(str::to_owned);
        Self {
            code: db.code().code().to_owned(),
            table: owned(db.table()),
            column: owned(db.column()),
            constraint: owned(db.constraint()),
            detail: owned(db.detail()),
            hint: owned(db.hint()),
        }
    }
}
