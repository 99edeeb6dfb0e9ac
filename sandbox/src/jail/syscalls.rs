//! The system calls that workers may make; every other one fails with "operation not permitted".

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// One condition on an argument: its index, how it is compared, with what.
type When = (u8, SeccompCmpOp, u64);
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// What any running program needs and nobody outside notices.
const COMMON: &[i64] = &[
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_membarrier,
    libc::SYS_rseq,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getrusage,
    libc::SYS_times,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];

/// What Python's own event loop and streams need, on descriptors it can only have made itself.
const PYTHON: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fstat,
    libc::SYS_pipe2,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_pselect6,
    libc::SYS_recvfrom,
    libc::SYS_getsockopt,
    libc::SYS_getsockname,
    libc::SYS_setitimer,
    libc::SYS_getitimer,
    libc::SYS_sched_getaffinity,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_pipe,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
];

const AF_UNIX: u64 = 1;
const SOCK_STREAM: u64 = 1;
const SOCK_TYPE_MASK: u64 = 0xf;
const FIONBIO: u64 = 0x5421;
/// What may be asked of a descriptor. Not `F_SETOWN`: its owner is sent signals, which could be the
/// server.
const FCNTL: [i32; 6] = [
    libc::F_DUPFD,
    libc::F_DUPFD_CLOEXEC,
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
    libc::F_SETFL,
];

/// The filter of a worker that runs our own jobs: it reads its input and writes its output.
pub(super) fn for_jobs() -> Result<BpfProgram, String> {
    let mut rules = common()?;
    // abort() signals its own process, and no other.
    let own = u64::from(std::process::id());
    allow_when(&mut rules, libc::SYS_tgkill, &[(0, SeccompCmpOp::Eq, own)])?;
    allow_when(&mut rules, libc::SYS_read, &[(0, SeccompCmpOp::Eq, 0)])?;
    for descriptor in [1, 2] {
        let to = [(0, SeccompCmpOp::Eq, descriptor)];
        allow_when(&mut rules, libc::SYS_write, &to)?;
        allow_when(&mut rules, libc::SYS_writev, &to)?;
    }
    compile(rules)
}

/// The filter under which Python code of users runs.
pub(super) fn for_python() -> Result<BpfProgram, String> {
    let mut rules = common()?;
    for call in PYTHON {
        rules.insert(*call, Vec::new());
    }
    for command in FCNTL {
        let what = (1, SeccompCmpOp::Eq, u64::from(command.unsigned_abs()));
        allow_when(&mut rules, libc::SYS_fcntl, &[what])?;
    }
    // Streams only, and without an address: a datagram socket could be pointed at a service of the
    // machine.
    allow_when(
        &mut rules,
        libc::SYS_socketpair,
        &[
            (0, SeccompCmpOp::Eq, AF_UNIX),
            (1, SeccompCmpOp::MaskedEq(SOCK_TYPE_MASK), SOCK_STREAM),
        ],
    )?;
    allow_when(&mut rules, libc::SYS_sendto, &[(4, SeccompCmpOp::Eq, 0)])?;
    allow_when(
        &mut rules,
        libc::SYS_ioctl,
        &[(1, SeccompCmpOp::Eq, FIONBIO)],
    )?;
    compile(rules)
}

fn common() -> Result<Rules, String> {
    let mut rules: Rules = COMMON.iter().map(|call| (*call, Vec::new())).collect();
    // No memory that can be executed: there is nothing here that compiles.
    let plain = (
        2,
        SeccompCmpOp::MaskedEq(u64::from(libc::PROT_EXEC.unsigned_abs())),
        0,
    );
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        allow_when(&mut rules, call, std::slice::from_ref(&plain))?;
    }
    Ok(rules)
}

fn allow_when(rules: &mut Rules, call: i64, when: &[When]) -> Result<(), String> {
    let conditions = when.iter().map(|(argument, compare, value)| {
        let length = SeccompCmpArgLen::Qword;
        SeccompCondition::new(*argument, length, compare.clone(), *value)
    });
    let rule = conditions
        .collect::<Result<Vec<_>, _>>()
        .and_then(SeccompRule::new)
        .map_err(|e| format!("the filter of system calls is wrong: {e}"))?;
    rules.entry(call).or_default().push(rule);
    Ok(())
}

fn compile(rules: Rules) -> Result<BpfProgram, String> {
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let arch = std::env::consts::ARCH
        .try_into()
        .map_err(|e| format!("no filter of system calls for this processor: {e}"))?;
    SeccompFilter::new(rules, denied, SeccompAction::Allow, arch)
        .and_then(BpfProgram::try_from)
        .map_err(|e| format!("the filter of system calls is wrong: {e}"))
}
