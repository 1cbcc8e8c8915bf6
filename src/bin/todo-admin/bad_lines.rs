//! The lines that `import` refuses: the first ones are named on standard error, and all are kept in a file if the operator
//! asks for it.

use crate::error::Error;
use crate::message::{complain, count, printable};
use crate::new_file::NewFile;
use crate::transfer::{Header, write_line};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};

/// How many bad lines are printed.
const NAMED: usize = 20;

/// What `import` refuses.
pub struct BadLines {
    /// Where the lines are kept.
    file: Option<(NewFile, BufWriter<File>)>,
    count: u64,
    /// The lines to name, and what is wrong with them. They are not found in the order of the file.
    first: BTreeMap<u64, String>,
}

impl BadLines {
    /// Creates the file for bad lines, if one is named. Fails if it exists.
    pub fn new(file: Option<&str>) -> Result<Self, Error> {
        let create = |file: &str| match NewFile::create(file) {
            Ok((guard, opened)) => Ok((guard, BufWriter::new(opened))),
            Err(error) => Err(Error::new(format!("{file}: {error}"))),
        };
        Ok(Self { file: file.map(create).transpose()?, count: 0, first: BTreeMap::new() })
    }

    /// How many lines have been refused.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether the lines are kept, so that `add` needs their text.
    pub fn are_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Refuses a line, by its number in the file.
    pub fn add(&mut self, line: u64, reason: String, text: &[u8]) -> Result<(), Error> {
        self.count += 1;
        self.first.insert(line, reason);
        if self.first.len() > NAMED {
            self.first.pop_last();
        }
        if let Some((_, file)) = &mut self.file {
            if self.count == 1 {
                // How many there will be is not known yet.
                write_line(file, &Header::new(0, 0))?;
            }
            file.write_all(text)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Prints the first ones, in the order of the file, and says how many more there are.
    pub fn report(&self) {
        for (line, reason) in &self.first {
            complain(&format!("line {line}: {}", printable(reason)));
        }
        let more = self.count - self.first.len() as u64;
        if more > 0 {
            complain(&format!("and {}", count(more as i64, "more bad line")));
        }
    }

    /// Makes sure that the file, if there is one, is on the disk.
    pub fn flush(&mut self) -> Result<(), Error> {
        if let Some((_, file)) = &mut self.file {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        Ok(())
    }

    /// Keeps the file, which is removed otherwise.
    pub fn keep(self) {
        if let Some((guard, _)) = self.file {
            guard.keep();
        }
    }
}
