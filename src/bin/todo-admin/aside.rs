//! A file that has its name only once it is complete.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A file beside the one that it is to become; removed unless it becomes that.
pub struct Aside {
    pub path: PathBuf,
    file: PathBuf,
}

impl Aside {
    pub fn of(file: &Path) -> Self {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Self { path: file.with_file_name(format!(".{name}.partial")), file: file.to_owned() }
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
