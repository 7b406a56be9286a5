//! Programs that are run for a while: each with a limit of time, and with nothing of theirs left when they end.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::strays;

/// A program to be run, and the longest it may take.
pub(crate) struct Job {
    command: Command,
    limit: Duration,
}

/// What a program said and how it ended.
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) output: String,
}

/// A program that runs beside us; dropping it ends it.
pub(crate) struct Background {
    child: Child,
}

impl Job {
    /// Nothing built or tested here takes longer than ten minutes; what compiles from nothing says so with [`Job::within`].
    const LIMIT: Duration = Duration::from_secs(600);

    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        // Nobody answers questions in CI, and a group of its own lets the whole family be ended.
        command.stdin(Stdio::null()).process_group(0);
        Self { command, limit: Self::LIMIT }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it with our own output; a failure is an error.
    pub(crate) fn run(mut self) -> Result<()> {
        let mut child = self.spawn()?;
        let status = self.wait(&mut child)?;
        self.judge(status)
    }

    /// Runs it in silence and returns what it wrote; a failure is an error.
    pub(crate) fn read(self) -> Result<String> {
        let name = self.name();
        let outcome = self.record(|_| {})?;
        if !outcome.success {
            bail!("`{name}` failed");
        }
        Ok(outcome.output)
    }

    /// Runs it, shows what it writes and keeps it as well; how it ended is for the caller to judge.
    pub(crate) fn watch(self) -> Result<Outcome> {
        self.record(|line| {
            // Whoever closed our output does not want to read it.
            let _ = std::io::stdout().write_all(line);
        })
    }

    /// Starts it and leaves it running; the output is for the caller to read.
    pub(crate) fn start(mut self) -> Result<(Background, ChildStdout)> {
        self.command.stdout(Stdio::piped());
        let mut child = self.spawn()?;
        let stdout = child.stdout.take().context("a piped output is there once")?;
        Ok((Background { child }, stdout))
    }

    fn record(mut self, show: impl Fn(&[u8]) + Send + 'static) -> Result<Outcome> {
        self.command.stdout(Stdio::piped());
        let mut child = self.spawn()?;
        let stdout = child.stdout.take().context("a piped output is there once")?;
        let output = Arc::new(Mutex::new(String::new()));
        let reader = thread::spawn({
            let output = Arc::clone(&output);
            move || {
                each_line(stdout, |line| {
                    show(line);
                    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                    output.push_str(&String::from_utf8_lossy(line));
                })
            }
        });
        let status = self.wait(&mut child)?;
        // A stray that escaped from the group may hold the pipe open: what was read until then has to do.
        let patience = Instant::now() + Duration::from_secs(5);
        while !reader.is_finished() && Instant::now() < patience {
            thread::sleep(Duration::from_millis(10));
        }
        let output = output.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Outcome { success: status.success(), output })
    }

    fn spawn(&mut self) -> Result<Child> {
        self.command.spawn().with_context(|| format!("cannot start `{}`", self.name()))
    }

    fn wait(&self, child: &mut Child) -> Result<ExitStatus> {
        let deadline = Instant::now() + self.limit;
        while !has_ended(child)? {
            if Instant::now() > deadline {
                strays::end(child);
                bail!("`{}` took more than {} s and was stopped", self.name(), self.limit.as_secs());
            }
            thread::sleep(Duration::from_millis(20));
        }
        strays::rest_if_stopping();
        strays::end(child);
        Ok(child.wait()?)
    }

    fn judge(&self, status: ExitStatus) -> Result<()> {
        if !status.success() {
            bail!("`{}` failed with {status}", self.name());
        }
        Ok(())
    }

    /// The first words of the command: enough to recognise it, and no secret or long path list.
    fn name(&self) -> String {
        let program = Path::new(self.command.get_program()).file_name().unwrap_or_default();
        let words = self.command.get_args().take(4).map(OsStr::to_string_lossy);
        std::iter::once(program.to_string_lossy()).chain(words).collect::<Vec<_>>().join(" ")
    }
}

impl Background {
    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        strays::end(&mut self.child);
    }
}

/// Calls back for each line, with its end.
pub(crate) fn each_line(source: impl Read, mut call: impl FnMut(&[u8])) {
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    while matches!(source.read_until(b'\n', &mut line), Ok(1..)) {
        call(&line);
        line.clear();
    }
}

/// Whether it is over, without forgetting it: its number stays taken until its group has been ended too.
fn has_ended(child: &Child) -> Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(Pid::from_child(child)), options)?.is_some())
}
