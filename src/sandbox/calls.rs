//! Seccomp: which system calls a program may make. What is refused here, the other walls refuse too or
//! know nothing of.

use super::helper::HelperError;
use super::spec::Spec;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// Of no use to a program that reads code, and a way around or out.
const REFUSED: &[libc::c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
];

/// Reach other processes of the user where there is no namespace of their own.
const SHARED: &[libc::c_long] = &[
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setattr,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
];

/// Change what Landlock does not know. They do nothing and say that they did: refused outright, agents
/// that set the times of a file of their own, or unpack themselves, would stop.
const WITHOUT_EFFECT: &[libc::c_long] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    FCHMODAT2,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];

// Newer than the table of the libc crate; the same on every architecture.
const FCHMODAT2: libc::c_long = 452;
const SETXATTRAT: libc::c_long = 463;
const REMOVEXATTRAT: libc::c_long = 466;
const FILE_SETATTR: libc::c_long = 469;

// The C libraries disagree about their type. They put words into a terminal as if they were typed.
const TIOCSTI: libc::c_int = 0x5412;
const TIOCLINUX: libc::c_int = 0x541c;

/// Hold up others that open or lock a file, and hear of what they do to it.
const HOLDS_UP: [libc::c_int; 2] = [libc::F_SETLEASE, libc::F_NOTIFY];

/// Sets of requests of file systems, by the byte that names a set: several of ext4's, XFS's, btrfs's, FAT's, F2FS's
/// and bcachefs's set attributes of a file that is open for reading only, and Landlock does not know them.
const OF_FILE_SYSTEMS: [u8; 7] = [b'f', b'v', b'X', 0x94, b'r', 0xf5, 0xbc];

const NAMESPACE_FLAGS: [libc::c_int; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Restricts this process and all that it starts. `no_new_privs` must be set.
pub(super) fn restrict(spec: &Spec) -> Result<(), HelperError> {
    let mut refused: Rules = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    refused.insert(
        libc::SYS_clone,
        NAMESPACE_FLAGS.map(|flag| rule(&[(0, masked(flag), flag)])).into_iter().collect::<Result<_, _>>()?,
    );
    let pushes_input = [TIOCSTI, TIOCLINUX];
    refused.insert(
        libc::SYS_ioctl,
        pushes_input.map(|request| rule(&[(1, SeccompCmpOp::Eq, request)])).into_iter().collect::<Result<_, _>>()?,
    );
    refused.insert(
        libc::SYS_fcntl,
        HOLDS_UP.map(|command| rule(&[(1, SeccompCmpOp::Eq, command)])).into_iter().collect::<Result<_, _>>()?,
    );
    if !spec.has_root() {
        refused.extend(SHARED.iter().map(|call| (*call, Vec::new())));
        // Limits of other processes; 0 is the own one.
        refused.insert(libc::SYS_prlimit64, vec![rule(&[(0, SeccompCmpOp::Ne, 0_i32)])?]);
    }
    install(refused, libc::EPERM)?;
    // Its flags lie in memory, where no filter looks; C libraries go back to `clone`.
    install(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)?;
    install(sockets(spec.has_root())?, libc::EAFNOSUPPORT)?;
    if !spec.has_root() {
        // As a file system answers that has no such request.
        let of_set = |set: u8| rule(&[(1, masked(0xff00), libc::c_int::from(set) << 8)]);
        let requests = OF_FILE_SYSTEMS.map(of_set).into_iter().collect::<Result<_, _>>()?;
        install(BTreeMap::from([(libc::SYS_ioctl, requests)]), libc::ENOTTY)?;
        install(WITHOUT_EFFECT.iter().map(|call| (*call, Vec::new())).collect(), 0)?;
    }
    #[cfg(target_arch = "x86_64")]
    apply(&without_x32())?;
    Ok(())
}

/// Behind namespaces these reach nothing but the own loopback interface; else TCP, and Landlock says to
/// which port.
fn sockets(namespaces: bool) -> Result<Rules, HelperError> {
    const KINDS: libc::c_int = 16;
    let other =
        |known: &[libc::c_int]| rule(&known.iter().map(|family| (0, SeccompCmpOp::Ne, *family)).collect::<Vec<_>>());
    let mut rules = match namespaces {
        true => vec![other(&[libc::AF_UNIX, libc::AF_INET, libc::AF_INET6])?],
        false => vec![other(&[libc::AF_INET, libc::AF_INET6])?],
    };
    if !namespaces {
        // The other bits are flags.
        for kind in (0..KINDS).filter(|kind| *kind != libc::SOCK_STREAM) {
            rules.push(rule(&[(1, masked(KINDS - 1), kind)])?);
        }
    }
    Ok(BTreeMap::from([(libc::SYS_socket, rules)]))
}

fn masked(mask: libc::c_int) -> SeccompCmpOp {
    SeccompCmpOp::MaskedEq(u64::from(mask.cast_unsigned()))
}

fn rule<N: Into<i64> + Copy>(conditions: &[(u8, SeccompCmpOp, N)]) -> Result<SeccompRule, HelperError> {
    let made = conditions.iter().map(|(argument, compare, value)| {
        // A filter compares 32 bits, without a sign.
        let value = (*value).into().cast_unsigned() & u64::from(u32::MAX);
        SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, compare.clone(), value)
    });
    made.collect::<Result<Vec<_>, _>>().and_then(SeccompRule::new).map_err(failed)
}

fn install(rules: Rules, errno: libc::c_int) -> Result<(), HelperError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(failed)?;
    let action = SeccompAction::Errno(errno.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, architecture).map_err(failed)?;
    apply(&BpfProgram::try_from(filter).map_err(failed)?)
}

fn apply(program: &BpfProgram) -> Result<(), HelperError> {
    seccompiler::apply_filter(program).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> HelperError {
    HelperError::Filter(error.to_string())
}

/// The same calls have a second set of numbers, with this bit set.
#[cfg(target_arch = "x86_64")]
fn without_x32() -> BpfProgram {
    use seccompiler::sock_filter;
    const X32: u32 = 0x4000_0000;
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const ALLOW: u32 = 0x7fff_0000;
    let refuse = 0x0005_0000 | libc::ENOSYS.cast_unsigned();
    vec![
        // The number of the call is the first word of what the filter sees.
        sock_filter { code: LOAD_WORD, jt: 0, jf: 0, k: 0 },
        sock_filter { code: JUMP_IF_SET, jt: 0, jf: 1, k: X32 },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: refuse },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: ALLOW },
    ]
}
