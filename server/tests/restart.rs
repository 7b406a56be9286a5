//! What survives the process.

mod common;

use common::World;

#[test]
fn a_session_goes_on_after_a_restart() {
    let mut world = World::new();
    let (id, key, etag, url) = {
        let upload = world.create();
        (upload.id.clone(), upload.key.clone(), upload.store(1, b"before "), upload.url(2))
    };
    world.restart();
    // The secret is the same, so even what was signed before still holds.
    let second = world.put(&url, b"after").send();
    assert_eq!(second.status, 200, "{}", second.text());
    let upload = common::Upload { world: &world, id, key };
    assert_eq!(upload.list().json().as_array().unwrap().len(), 2);
    let done = upload.complete(&[(1, &etag), (2, second.header("etag").unwrap())]);
    assert_eq!(done.status, 200);
    assert_eq!(world.api("GET", &format!("/_/files/{}", upload.key)).send().body, b"before after");
}

#[test]
fn second_complete_answers_the_same_after_a_restart() {
    let mut world = World::new();
    let (id, key, etag, first) = {
        let upload = world.create();
        let etag = upload.store(1, b"once");
        let done = upload.complete(&[(1, &etag)]);
        (upload.id.clone(), upload.key.clone(), etag, done.json())
    };
    let files = world.files();
    world.restart();
    let upload = common::Upload { world: &world, id, key };
    let second = upload.complete(&[(1, &etag)]);
    assert_eq!((second.status, second.json()), (200, first));
    assert_eq!(world.files(), files);
}

#[test]
fn what_a_killed_process_left_half_done_is_swept() {
    let mut world = World::new();
    let (id, key, etag) = {
        let upload = world.create();
        (upload.id.clone(), upload.key.clone(), upload.store(1, b"kept"))
    };
    let uploads = world.data.join("uploads");
    let folder = uploads.join(&id);
    std::fs::write(folder.join("2-00.bin"), b"half a part").unwrap();
    std::fs::write(folder.join("2.json.00.tmp"), b"{\"et").unwrap();
    let half = uploads.join("0123456789abcdef0123456789abcdef");
    std::fs::create_dir(&half).unwrap();
    world.restart();
    let mut left: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(!half.exists());
    let upload = common::Upload { world: &world, id, key };
    assert_eq!(upload.complete(&[(1, &etag)]).status, 200);
}
