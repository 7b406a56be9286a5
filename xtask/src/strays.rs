//! Descendants: browsers start helpers in groups of their own, and none of them may outlive us. Nobody else's
//! process is ever touched.

use std::fs;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long a program may take to clean up after it was asked to end.
const GRACE: Duration = Duration::from_secs(3);

/// Whether a signal has asked us to end.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Makes orphans of our children ours, so that [`end_all`] can find them.
pub(crate) fn adopt() {
    // Without it a crashed browser's helpers would stay behind, and everything else works the same.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(getpid()));
}

/// Children live in groups of their own, which Ctrl-C does not reach: hands it on, and termination too.
pub(crate) fn end_on_signal() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            STOPPING.store(true, Ordering::SeqCst);
            end_all();
            // What a shell says of a program that a signal has ended.
            std::process::exit(128 + signal);
        }
    });
}

/// Never returns once a signal has come: what was ended by it has neither passed nor failed, and we are about to go.
pub(crate) fn rest_if_stopping() {
    while STOPPING.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// Ends a child with everything it started, and reaps it.
pub(crate) fn end(child: &mut Child) {
    let root = Pid::from_child(child);
    let family = descendants(root);
    // Errors below mean that it has ended already.
    let _ = kill_process_group(root, Signal::TERM);
    send(&family, Signal::TERM);
    wait_for(|| !is_alive(root) && !family.iter().copied().any(is_alive));
    let _ = kill_process_group(root, Signal::KILL);
    send(&family, Signal::KILL);
    let _ = child.wait();
}

/// Ends whatever came from us and still runs.
pub(crate) fn end_all() {
    send(&descendants(getpid()), Signal::TERM);
    wait_for(|| descendants(getpid()).is_empty());
    send(&descendants(getpid()), Signal::KILL);
}

fn wait_for(over: impl Fn() -> bool) {
    let deadline = Instant::now() + GRACE;
    while !over() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
}

fn send(processes: &[Pid], signal: Signal) {
    for process in processes {
        let _ = kill_process(*process, signal);
    }
}

/// Children, their children and so on, as far as they are alive; none where the system does not tell.
fn descendants(root: Pid) -> Vec<Pid> {
    let living: Vec<(Pid, Pid)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
        .filter_map(|process| Some((process, parent(process)?)))
        .collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&member) = family.get(next) {
        family.extend(living.iter().filter(|(_, parent)| *parent == member).map(|(process, _)| *process));
        next += 1;
    }
    family.split_off(1)
}

fn is_alive(process: Pid) -> bool {
    parent(process).is_some()
}

/// The parent of a living process: `None` for one that is gone or only waits to be reaped.
fn parent(process: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold spaces and parentheses; after its last one come the state and the parent.
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?;
    let parent = Pid::from_raw(fields.next()?.parse().ok()?)?;
    (!matches!(state, "Z" | "X")).then_some(parent)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_grandchild_in_a_group_of_its_own_ends_with_the_child() {
        let mut child = Command::new("sh").args(["-c", "setsid sleep 60 & wait"]).process_group(0).spawn().unwrap();
        let root = Pid::from_child(&child);
        wait_for(|| !descendants(root).is_empty());
        let family = descendants(root);
        assert!(!family.is_empty(), "the shell has started nothing");
        end(&mut child);
        assert!(!family.iter().copied().any(is_alive), "the grandchild has outlived the child");
    }

    #[test]
    fn ourselves_are_nobodys_stray() {
        assert!(!descendants(getpid()).contains(&getpid()));
    }
}
