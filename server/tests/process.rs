//! The program itself: what it prints, how it ends, what outlives it.

mod common;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::Request;
use serde_json::json;

struct Program {
    child: Child,
    api: SocketAddr,
    storage: SocketAddr,
}

impl Program {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_upslice-server"))
            .args(["--port", "0", "--storage-port", "0", "--min-part-size", "1", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = |words: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(words).unwrap_or_else(|| panic!("{line}")).parse().unwrap()
        };
        let (api, storage) = (next("listening on http://"), next("storage on http://"));
        Self { child, api, storage }
    }

    fn put(&self, target: &str, part: u16, body: &[u8]) -> Request {
        let signed = Request::new(self.api, "GET", &target.replace('?', &format!("/{part}?"))).send().json();
        let url = url::Url::parse(signed["url"].as_str().unwrap()).unwrap();
        Request::new(self.storage, "PUT", &url[url::Position::BeforePath..]).body(body)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("upslice-server-{name}-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_session_goes_on_after_the_process_was_killed() {
    let data = Folder::new("killed");
    let mut program = Program::start(&data.0);
    let create = json!({ "filename": "a", "type": "" });
    let created = Request::new(program.api, "POST", "/s3/multipart").json(create).send().json();
    let said = |name: &str| created[name].as_str().unwrap().to_owned();
    let target = format!("/s3/multipart/{}?key={}", said("uploadId"), said("key"));
    let stored = program.put(&target, 1, b"kept").send();
    assert_eq!(stored.status, 200);
    let half = program.put(&target, 2, &[7; 4 << 20]).begin(2 << 20);
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    drop(half);

    let program = Program::start(&data.0);
    let listed = Request::new(program.api, "GET", &target).send();
    let etag = stored.header("etag").unwrap();
    assert_eq!(listed.json(), json!([{ "PartNumber": 1, "ETag": etag, "Size": 4 }]));
    let folder = data.0.join("uploads").join(said("uploadId"));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 3);
    let parts = json!({ "parts": [{ "PartNumber": 1, "ETag": etag }] });
    let done = Request::new(program.api, "POST", &target.replace('?', "/complete?")).json(parts).send();
    assert_eq!(done.status, 200);
}

#[test]
fn it_ends_well_when_asked_to() {
    let data = Folder::new("asked");
    let mut program = Program::start(&data.0);
    let asked = Command::new("kill").arg(program.child.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}

#[test]
fn unknown_words_are_refused_and_help_is_given() {
    let run = |argument: &str| Command::new(env!("CARGO_BIN_EXE_upslice-server")).arg(argument).output().unwrap();
    let refused = run("--prot");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--prot"));
    let help = run("--help");
    assert!(help.status.success());
    assert!(String::from_utf8(help.stdout).unwrap().contains("--min-part-size"));
}

/// What the program says where it does not start.
fn refused(data: &Path) -> String {
    let program = Command::new(env!("CARGO_BIN_EXE_upslice-server"))
        .args(["--port", "0", "--storage-port", "0", "--data"])
        .arg(data)
        .output()
        .unwrap();
    assert_eq!(program.status.code(), Some(1));
    String::from_utf8(program.stderr).unwrap()
}

#[test]
fn a_folder_of_a_persons_own_is_refused_and_left_as_it_is() {
    let folder = Folder::new("own");
    let photo = folder.0.join("uploads/mysite/photo.jpg");
    let old = folder.0.join("trash/old.txt");
    for file in [&photo, &old] {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "mine").unwrap();
    }
    assert!(refused(&folder.0).contains("uploads/mysite is not this server's; give --data a folder of its own"));
    std::fs::remove_dir_all(folder.0.join("uploads")).unwrap();
    assert!(refused(&folder.0).contains("trash/old.txt is not this server's"));
    assert_eq!(std::fs::read_to_string(old).unwrap(), "mine");
}

#[test]
fn a_folder_that_another_server_uses_is_refused() {
    let folder = Folder::new("shared");
    let first = Program::start(&folder.0);
    assert!(refused(&folder.0).contains("another server uses it"));
    drop(first);
    drop(Program::start(&folder.0));
}

#[test]
fn a_session_that_cannot_be_read_is_left_alone_and_the_others_are_served() {
    let folder = Folder::new("spoilt");
    drop(Program::start(&folder.0));
    let spoilt = folder.0.join("uploads").join("0123456789abcdef0123456789abcdef");
    std::fs::create_dir_all(&spoilt).unwrap();
    std::fs::write(spoilt.join("upload.json"), "").unwrap();
    let program = Program::start(&folder.0);
    assert_eq!(Request::new(program.api, "GET", "/_/files").send().status, 200);
    assert!(spoilt.join("upload.json").exists());
}
