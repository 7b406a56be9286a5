//! Who is kept out, and what a stored file may not do.

mod common;

use std::os::unix::fs::PermissionsExt as _;

use common::World;
use serde_json::json;

#[test]
fn a_path_cannot_leave_the_page_or_the_package() {
    let world = World::with(|options| {
        let root = options.data.join("public");
        for folder in ["www", "pkg"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
            std::fs::write(root.join(folder).join("index.html"), folder).unwrap();
        }
        std::fs::write(root.join("secret"), "secret").unwrap();
        options.www = root.join("www");
        options.pkg = root.join("pkg");
    });
    assert_eq!(world.api("GET", "/").send().text(), "www");
    assert_eq!(world.api("GET", "/pkg/index.html").send().text(), "pkg");
    for path in
        ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/pkg/../secret", "/pkg/%2e%2e/secret", "/pkg/..%2fsecret"]
    {
        let answer = world.api("GET", path).send();
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("secret"), "{path}");
    }
    for path in ["/_/files/..%2f..%2fsecret", "/s3/multipart/..%2f..%2fsecret?key=x"] {
        assert_eq!(world.api("GET", path).send().status, 404, "{path}");
    }
}

#[test]
fn a_file_name_never_becomes_a_path() {
    let world = World::new();
    let create = json!({ "filename": "../../etc/passwd", "type": "text/html" });
    let created = world.api("POST", "/s3/multipart").json(create).send().json();
    let said = |name: &str| created[name].as_str().unwrap().to_owned();
    let upload = common::Upload { world: &world, id: said("uploadId"), key: said("key") };
    let etag = upload.store(1, b"<script>alert(1)</script>");
    assert_eq!(upload.complete(&[(1, &etag)]).status, 200);

    let file = world.api("GET", &format!("/_/files/{}", upload.key)).send();
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(file.header("content-security-policy"), Some("sandbox"));
    let disposition = "attachment; filename=\".._.._etc_passwd\"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd";
    assert_eq!(file.header("content-disposition"), Some(disposition));
    assert_eq!(file.header("access-control-allow-origin"), None);
}

#[test]
fn the_control_desk_knows_its_own_name() {
    let world = World::new();
    let port = world.at.api.port();
    let get = |host: &str| world.api("GET", "/_/files").host(host).send().status;
    for own in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")] {
        assert_eq!(get(&own), 200, "{own}");
    }
    for other in ["rebound.example".to_owned(), format!("rebound.example:{port}"), "127.0.0.1:1".into(), "".into()] {
        assert_eq!(get(&other), 403, "{other}");
    }
}

#[test]
fn the_control_desk_takes_no_writes_from_other_origins() {
    let world = World::new();
    let own = format!("http://{}", world.at.api);
    let write = |origin: &str| world.api("DELETE", "/_/faults").header("origin", origin).send();
    assert_eq!(write(&own).status, 204);
    for other in ["https://elsewhere.example", "null", &format!("http://{}", world.at.storage)] {
        let refused = write(other);
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (403, None), "{other}");
    }
    let read = world.api("GET", "/_/requests").header("origin", "https://elsewhere.example").send();
    assert_eq!((read.status, read.header("access-control-allow-origin")), (200, None));
    let preflight = world.api("OPTIONS", "/_/faults").header("access-control-request-method", "PUT").send();
    assert_eq!(preflight.header("access-control-allow-origin"), None);
}

#[test]
fn the_page_may_speak_with_its_own_origin_and_the_storage_only() {
    let world = World::new();
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' http://{}; style-src 'self'; img-src 'self' data:",
        world.at.storage
    );
    assert_eq!(world.api("GET", "/").send().header("content-security-policy"), Some(&*policy));
}

#[test]
fn oversize_json_is_refused_before_it_is_read() {
    let world = World::new();
    let large = "x".repeat((2 << 20) + 1);
    let refused = world.api("POST", "/s3/multipart").json(json!({ "filename": large, "type": "" })).send();
    assert_eq!(refused.status, 413);
    assert!(refused.json()["error"].as_str().unwrap().starts_with("s3: "));
    let refused = world.api("PUT", "/_/faults").json(json!({ "rules": [large] })).send();
    assert_eq!(refused.status, 413);
    assert!(refused.json()["error"].is_string());
}

#[test]
fn the_secret_is_its_owners_alone() {
    let world = World::new();
    let mode = std::fs::metadata(world.data.join("secret.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn beyond_loopback_the_well_known_key_is_refused() {
    let world = World::with(|options| options.host = [0, 0, 0, 0].into());
    let create = |key: &str| {
        let request = common::Request::new(([127, 0, 0, 1], world.at.api.port()).into(), "POST", "/s3/multipart");
        request.json(json!({ "filename": "a", "type": "" })).header("x-api-key", key).send().status
    };
    assert_eq!(create("demo-key"), 401);
    assert_eq!(create(&world.key()), 200);
}

#[test]
fn beyond_loopback_the_control_desk_wants_the_key_since_anybody_can_name_a_host() {
    let world = World::with(|options| options.host = [0, 0, 0, 0].into());
    let port = world.at.api.port();
    let request = |method, target| common::Request::new(([127, 0, 0, 1], port).into(), method, target);
    let named = format!("localhost:{port}");
    for (method, target) in [("GET", "/_/files"), ("GET", "/_/requests"), ("DELETE", "/_/faults")] {
        let ask = || request(method, target).host(&named);
        assert_eq!(ask().send().status, 401, "{target}");
        assert_eq!(ask().header("x-api-key", "demo-key").send().status, 401, "{target}");
        assert!(ask().header("x-api-key", &world.key()).send().status < 300, "{target}");
    }
}
