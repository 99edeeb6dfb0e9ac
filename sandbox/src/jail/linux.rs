//! Landlock and seccomp.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::set_no_new_privs;

use super::{Confinement, syscalls};

/// The newest Landlock whose rights are asked for; an older kernel gives what it has.
const LANDLOCK: ABI = ABI::V6;

const NEEDS_SECCOMP: &str = "the kernel refuses seccomp filters, and user code does not run without; \
    use a Linux kernel with CONFIG_SECCOMP_FILTER and a container runtime that lets programs use it \
    (Docker and Kubernetes do by default)";

pub(super) fn lock_in() -> Result<Confinement, String> {
    // Other processes of the same user must not look into this one.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .and_then(|()| set_no_new_privs(true))
        .map_err(|e| format!("the process cannot give up privileges: {e}"))?;
    let landlock = restrict(&[], &[])?;
    let filter = syscalls::for_jobs()?;
    seccompiler::apply_filter_all_threads(&filter).map_err(|e| format!("{NEEDS_SECCOMP} ({e})"))?;
    check()?;
    Ok(Confinement {
        seccomp: true,
        landlock,
    })
}

/// Tries what must fail: a filter that lets this through is none.
fn check() -> Result<(), String> {
    let open = std::fs::File::open("/").is_ok();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
    match open || socket {
        true => Err(format!("the filter has no effect: {NEEDS_SECCOMP}")),
        false => Ok(()),
    }
}

pub(super) fn prepare_interpreter(interpreter: &Path) -> Result<(Vec<u8>, String), String> {
    set_no_new_privs(true).map_err(|e| format!("the process cannot give up privileges: {e}"))?;
    let filter = syscalls::for_python()?;
    let landlock = restrict(&readable(interpreter), &[PathBuf::from("/dev/null")])?;
    let instruction = |i: &seccompiler::sock_filter| {
        let [c0, c1] = i.code.to_ne_bytes();
        let [k0, k1, k2, k3] = i.k.to_ne_bytes();
        [c0, c1, i.jt, i.jf, k0, k1, k2, k3]
    };
    Ok((filter.iter().flat_map(instruction).collect(), landlock))
}

/// The folders an interpreter is started from: its own, and those of shared libraries and time zones.
fn readable(interpreter: &Path) -> Vec<PathBuf> {
    let own = interpreter.parent().and_then(Path::parent);
    let system = [
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/usr/share/zoneinfo",
        "/etc/ld.so.cache",
        "/etc/ld-musl-x86_64.path",
        "/etc/ld-musl-aarch64.path",
    ];
    // An interpreter of the system has "/usr" for its own folder: its libraries are enough then.
    let own = own.filter(|own| *own != Path::new("/") && *own != Path::new("/usr"));
    own.map(Path::to_owned)
        .into_iter()
        .chain([interpreter.to_owned()])
        .chain(system.map(PathBuf::from))
        .filter(|path| path.exists())
        .collect()
}

fn restrict(readable: &[PathBuf], devices: &[PathBuf]) -> Result<String, String> {
    let why = |e: landlock::RulesetError| format!("Landlock fails: {e}");
    let device = AccessFs::ReadFile | AccessFs::WriteFile;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .and_then(|rules| {
            rules.add_rules(path_beneath_rules(readable, AccessFs::from_read(LANDLOCK)))
        })
        .and_then(|rules| rules.add_rules(path_beneath_rules(devices, device)))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(why)?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => "full",
        RulesetStatus::PartiallyEnforced => "partial",
        RulesetStatus::NotEnforced => "none",
    }
    .to_owned())
}
