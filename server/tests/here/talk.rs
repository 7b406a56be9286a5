//! The words of the conversations.

use serde_json::{Value, json};

use crate::common::{Answer, Request, World};

pub(crate) const BLOBS: &str = "/here/blobstore/v1/catalogs/hrn:here:data::test:cat/layers/l1/data";
pub(crate) const TYPE: &str = "application/octet-stream";

pub(crate) trait Here {
    fn call(&self, method: &str, target: &str) -> Request;
    fn start(&self, handle: &str) -> Answer;
    fn begin(&self, handle: &str) -> Upload<'_>;
}

impl Here for World {
    fn call(&self, method: &str, target: &str) -> Request {
        self.api(method, target).header("authorization", "Bearer demo-key")
    }

    fn start(&self, handle: &str) -> Answer {
        self.call("POST", &format!("{BLOBS}/{handle}/multiparts")).json(json!({ "contentType": TYPE })).send()
    }

    fn begin(&self, handle: &str) -> Upload<'_> {
        let answer = self.start(handle);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let href = answer.json()["links"]["complete"]["href"].as_str().unwrap().to_owned();
        let (_, path) = href.split_once(&self.at.api.to_string()).unwrap();
        Upload { world: self, path: path.to_owned() }
    }
}

/// An upload by the path of its links.
pub(crate) struct Upload<'a> {
    pub(crate) world: &'a World,
    pub(crate) path: String,
}

impl<'a> Upload<'a> {
    /// The same upload after its server was started anew.
    pub(crate) fn known_to(world: &'a World, path: String) -> Self {
        Self { world, path }
    }

    pub(crate) fn part(&self, number: impl std::fmt::Display, body: &[u8]) -> Request {
        let target = format!("{}/parts?partNumber={number}&sentWith=x", self.path);
        self.world.call("POST", &target).header("content-type", TYPE).body(body)
    }

    /// Stores a part and returns its ETag.
    pub(crate) fn store(&self, number: u16, body: &[u8]) -> String {
        let answer = self.part(number, body).send();
        assert_eq!((answer.status, &*answer.body), (200, &b""[..]), "{}", answer.text());
        answer.header("etag").unwrap().to_owned()
    }

    pub(crate) fn say(&self, body: Value) -> Answer {
        self.world.call("PUT", &self.path).json(body).send()
    }

    pub(crate) fn complete(&self, parts: &[(u16, &str)]) -> Answer {
        let parts = parts.iter().map(|(number, etag)| json!({ "etag": etag, "number": number }));
        self.say(json!({ "parts": parts.collect::<Vec<_>>() }))
    }

    pub(crate) fn status(&self) -> Answer {
        self.world.call("GET", &self.path).send()
    }

    pub(crate) fn cancel(&self) -> Answer {
        self.world.call("DELETE", &self.path).send()
    }

    /// The bytes of the blob.
    pub(crate) fn blob(&self) -> Vec<u8> {
        let (_, token) = self.path.rsplit_once('/').unwrap();
        self.world.api("GET", &format!("/_/files/{token}")).send().body
    }
}

/// The cause in an error that has the service's shape.
pub(crate) fn refused(answer: &Answer, status: u16) -> String {
    let body = answer.json();
    assert_eq!((answer.status, &body["status"]), (status, &json!(status)), "{body}");
    // Whether objects keep their order depends on what else is compiled with this.
    let mut said: Vec<_> = body.as_object().unwrap().keys().collect();
    said.sort();
    assert_eq!(said, ["action", "cause", "code", "correlationId", "status", "title"]);
    assert!(body["action"].is_string() && body["code"].is_string() && body["title"].is_string());
    body["cause"].as_str().unwrap().to_owned()
}
