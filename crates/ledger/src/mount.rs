//! On which kind of file system does a path lie?
//!
//! SQLite's locks do not work on network file systems, and a ledger there is damaged sooner or later; better to refuse
//! at once. Read from the text of `/proc/self/mountinfo` (proc(5)); where there is none, nothing is refused.

use std::path::Path;

/// File systems whose locks cannot be trusted between machines. `fuse.*` (sshfs, s3fs, ..) counts too.
const NETWORK: [&str; 12] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "glusterfs", "beegfs", "davfs"];

/// The kind of network file system on which a path lies, or `None` when it lies on a local one or cannot be told.
pub(crate) fn network_kind(mountinfo: &str, path: &Path) -> Option<String> {
    let kind = kind_of(mountinfo, path)?;
    (NETWORK.contains(&kind.as_str()) || kind.starts_with("fuse.")).then_some(kind)
}

/// The kind of the longest mount point that holds the path; of equal ones the last, which covers the others.
fn kind_of(mountinfo: &str, path: &Path) -> Option<String> {
    let mounts = mountinfo.lines().filter_map(mount);
    let holding = mounts.filter(|(point, _)| path.starts_with(point));
    holding.max_by_key(|(point, _)| point.len()).map(|(_, kind)| kind)
}

/// Mount point and kind of one line: `36 35 98:0 / /mnt rw,noatime shared:1 - ext3 /dev/root rw`.
fn mount(line: &str) -> Option<(String, String)> {
    let (left, right) = line.split_once(" - ")?;
    let point = left.split(' ').nth(4)?;
    let kind = right.split(' ').next()?;
    Some((unescaped(point), kind.to_owned()))
}

/// White space and backslashes in mount points are written as `\040`, `\011`, `\012` and `\134`.
fn unescaped(point: &str) -> String {
    point.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
        40 22 0:40 / /home rw shared:3 - nfs4 server:/home rw\n\
        41 40 8:2 / /home/local rw - xfs /dev/sdb1 rw\n\
        42 22 0:41 / /mnt/my\\040share rw - fuse.sshfs host: rw\n";

    #[test]
    fn the_longest_mount_point_decides() {
        let kind = |path: &str| network_kind(MOUNTS, Path::new(path));
        assert_eq!(kind("/home/ann/.seaworthy/ledger.db"), Some("nfs4".to_owned()));
        assert_eq!(kind("/home/local/ledger.db"), None);
        assert_eq!(kind("/homestead/ledger.db"), None);
        assert_eq!(kind("/mnt/my share/ledger.db"), Some("fuse.sshfs".to_owned()));
    }

    #[test]
    fn without_mounts_nothing_is_refused() {
        assert_eq!(network_kind("", Path::new("/x")), None);
        assert_eq!(network_kind("garbage", Path::new("/x")), None);
    }
}
