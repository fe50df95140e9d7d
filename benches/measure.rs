//! What a child process costs: CPU time, and the most memory that it held.

use std::process::{Command, Stdio};
use std::time::Duration;

/// How often a process is started; the least counts.
const TIMES: usize = 15;

/// The cost of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub cpu: Duration,
    pub peak: u64,
}

impl Cost {
    pub(crate) fn milliseconds(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0
    }

    /// Peak memory in MB.
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    pub(crate) fn megabytes(&self) -> f64 {
        self.peak as f64 / 1_000_000.0
    }
}

/// The least that several processes cost, each started in turn with the others, so that a busy
/// machine is unfair to none.
pub(crate) fn least<const N: usize>(mut commands: [&mut dyn FnMut() -> Command; N]) -> [Cost; N] {
    let mut least = [Cost { cpu: Duration::MAX, peak: 0 }; N];
    for _ in 0..TIMES {
        for (least, command) in least.iter_mut().zip(&mut commands) {
            let cost = once(&mut command());
            least.cpu = least.cpu.min(cost.cpu);
            least.peak = least.peak.max(cost.peak);
        }
    }
    least
}

/// The cost of one run.
#[expect(clippy::zombie_processes, reason = "wait4 waits for it")]
pub(crate) fn once(command: &mut Command) -> Cost {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait(child.id())
}

#[expect(unsafe_code, reason = "only wait4 tells what one child used, and std does not call it")]
fn wait(pid: u32) -> Cost {
    let pid = libc::pid_t::try_from(pid).unwrap();
    let mut status = 0;
    // SAFETY: `rusage` is plain numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live variables of the right type, and the child is ours.
    let waited = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
    assert_eq!(waited, pid, "no such child");
    assert_eq!(status, 0, "a program failed");
    let time = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec.unsigned_abs()) + Duration::from_micros(time.tv_usec.unsigned_abs())
    };
    // Linux counts in units of 1024 bytes.
    Cost { cpu: time(usage.ru_utime) + time(usage.ru_stime), peak: usage.ru_maxrss.unsigned_abs() * 1024 }
}

/// In milliseconds.
pub(crate) fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
