//! Files that are either complete or not there. Only their owner can read them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Removes a new file again, unless it is kept.
pub struct NewFile {
    path: PathBuf,
    is_kept: bool,
}

impl NewFile {
    /// Creates a file that only its owner can read. Fails if the path exists.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<(Self, File)> {
        let path = path.into();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok((Self { path, is_kept: false }, file))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Does not remove the file.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A new file that takes the place of another one, or of none, once it is complete.
pub struct Replacement {
    new: NewFile,
    target: PathBuf,
}

impl Replacement {
    /// Creates the new file beside its target. If that is a symbolic link, it stays one.
    pub fn of(target: &Path) -> io::Result<(Self, File)> {
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let (new, file) = NewFile::create(target.with_file_name(format!(".{name}.{}.partial", Uuid::new_v4())))?;
        Ok((Self { new, target }, file))
    }

    /// Where the new file is until it is complete.
    pub fn path(&self) -> &Path {
        self.new.path()
    }

    /// Makes sure that all of the new file is on the disk, then puts it in its place.
    pub fn complete(self) -> io::Result<()> {
        File::open(self.path())?.sync_all()?;
        fs::rename(self.path(), &self.target)?;
        self.new.keep();
        let dir = self.target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(dir)?.sync_all()
    }
}
