//! The sink for other uploaders, which is there for the benchmark only.

mod common;

use common::World;

#[test]
fn tus_is_told_where_it_is() {
    let world = World::with(|options| options.sink = true);
    let created = world.api("POST", "/peers/tus").header("upload-length", "3").send();
    assert_eq!(created.status, 201);
    let place = created.header("location").unwrap().to_owned();
    let sent = world.api("PATCH", &place).header("upload-offset", "2").body(b"abc").send();
    assert_eq!((sent.status, sent.header("upload-offset")), (204, Some("5")));
    assert_eq!(world.ended("part")["requestBytes"], 3);
}

#[test]
fn uploadcare_gets_as_many_addresses_as_it_has_parts() {
    let world = World::with(|options| options.sink = true);
    let form = "--x\r\ncontent-disposition: form-data; name=\"size\"\r\n\r\n11\r\n\
                --x\r\ncontent-disposition: form-data; name=\"part_size\"\r\n\r\n5\r\n--x--\r\n";
    let answer = world.api("POST", "/peers/uploadcare/multipart/start/").body(form.as_bytes()).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["parts"].as_array().unwrap().len(), 3);
}

#[test]
fn without_the_sink_there_is_none() {
    // The page's files answer, which cannot be posted to.
    assert_eq!(World::new().api("POST", "/peers/tus").send().status, 405);
}
