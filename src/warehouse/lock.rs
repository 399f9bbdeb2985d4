//! The lock that a run holds on its warehouse from beginning to end.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::WarehouseError;

/// A held lock. The operating system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held for as long as it is open")] File);

impl Lock {
    /// Takes the lock of the warehouse at `path`.
    ///
    /// The side file stays behind: removing it would let two runs hold two files of one name.
    pub fn take(path: &Path) -> Result<Self, WarehouseError> {
        let not_writable =
            |source: io::Error| WarehouseError::NotWritable { path: path.to_path_buf(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(not_writable)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(side_file(path))
            .map_err(not_writable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(WarehouseError::Locked { path: path.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(not_writable(source)),
        }
    }
}

fn side_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
