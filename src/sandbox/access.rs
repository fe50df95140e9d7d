//! Landlock: which files a program may open, which ports it may connect to, whom it may signal.

use super::helper::HelperError;
use super::layout::{DEVICES, SYSTEM};
use super::spec::Spec;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::fs;
use std::path::{Path, PathBuf};

/// The newest rights that are asked for; an older kernel holds those that it knows.
const NEWEST: ABI = ABI::V10;
/// Behind `files`, what this knows is required: files, TCP, signals and abstract sockets.
const OLDEST: ABI = ABI::V6;
/// What programs look up on a system without a root of their own.
const LOOKED_UP: [&str; 8] = [
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/proc",
];

/// Restricts this process and all that it starts.
pub(super) fn restrict(spec: &Spec) -> Result<(), HelperError> {
    let rules = match spec.has_root() {
        true => inside_namespaces(spec),
        false => alone(spec),
    };
    match rules.and_then(RulesetCreated::restrict_self) {
        // Where the kernel has none, namespaces stand without it.
        Ok(status) if spec.has_root() || status.ruleset != RulesetStatus::NotEnforced => Ok(()),
        Ok(_) | Err(_) => Err(HelperError::NoLandlock),
    }
}

/// Everything that can be seen may be read.
fn inside_namespaces(spec: &Spec) -> Result<RulesetCreated, RulesetError> {
    let rules =
        Ruleset::default().handle_access(AccessFs::from_all(NEWEST))?.scope(Scope::from_all(NEWEST))?.create()?;
    let rules = allow(rules, Path::new("/"), AccessFs::from_read(NEWEST))?;
    write_rules(rules, spec.writable().into_iter().chain([PathBuf::from("/tmp")]))
}

fn alone(spec: &Spec) -> Result<RulesetCreated, RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST))?
        .handle_access(AccessNet::from_all(OLDEST))?
        .scope(Scope::from_all(OLDEST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .create()?;
    if let Some(port) = spec.port {
        rules = rules.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
    }
    let read = AccessFs::from_read(NEWEST);
    for path in SYSTEM.into_iter().chain(LOOKED_UP).map(Path::new) {
        rules = allow(rules, path, read)?;
    }
    let hidden: Vec<PathBuf> = spec.hidden().iter().filter_map(|path| path.canonicalize().ok()).collect();
    for path in spec.read().iter().filter_map(|path| path.canonicalize().ok()) {
        rules = allow_but(rules, &path, &hidden)?;
    }
    write_rules(rules, spec.writable().into_iter())
}

fn write_rules(rules: RulesetCreated, folders: impl Iterator<Item = PathBuf>) -> Result<RulesetCreated, RulesetError> {
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock;
    let mut rules = rules;
    for folder in folders {
        rules = allow(rules, &folder, AccessFs::from_all(NEWEST) & !devices)?;
    }
    for device in DEVICES.map(Path::new) {
        rules = allow(rules, device, AccessFs::ReadFile | AccessFs::WriteFile)?;
    }
    Ok(rules)
}

/// A rule for what is at this path, if anything is; a file gets the rights that a file can have.
fn allow(rules: RulesetCreated, path: &Path, rights: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    let Ok(handle) = PathFd::new(path) else { return Ok(rules) };
    let rights = match path.is_dir() {
        true => rights,
        false => rights & AccessFs::from_file(NEWEST),
    };
    rules.add_rule(PathBeneath::new(handle, rights))
}

/// Landlock takes nothing back below a folder: so all that lies beside a hidden one now is named. Names can be
/// listed everywhere.
fn allow_but(rules: RulesetCreated, path: &Path, hidden: &[PathBuf]) -> Result<RulesetCreated, RulesetError> {
    let read = AccessFs::from_read(NEWEST);
    if hidden.iter().any(|hidden| path == hidden) {
        return Ok(rules);
    }
    if !hidden.iter().any(|hidden| hidden.starts_with(path)) {
        return allow(rules, path, read);
    }
    let mut rules = allow(rules, path, AccessFs::ReadDir.into())?;
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        // A link is followed only as far as something else allows its target.
        if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
            rules = allow_but(rules, &entry.path(), hidden)?;
        }
    }
    Ok(rules)
}
