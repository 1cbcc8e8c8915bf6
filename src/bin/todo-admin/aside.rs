//! A file that has its name only once it is complete.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A word that no other run has.
pub fn unique() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}_{}", std::process::id(), since.as_micros())
}

/// A file beside the one that it is to become; removed unless it becomes that.
pub struct Aside {
    pub path: PathBuf,
    file: PathBuf,
}

impl Aside {
    /// Nobody else may read it. A symbolic link stays one.
    pub fn create(file: &Path) -> io::Result<(Self, File)> {
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path = file.with_file_name(format!(".{name}.{}.partial", unique()));
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok((Self { path, file }, opened))
    }

    /// Gives it its name, when all of it is on the disk.
    pub fn complete(self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        fs::rename(&self.path, &self.file)?;
        let dir = self.file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(dir)?.sync_all()
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
