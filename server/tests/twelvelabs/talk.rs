//! The words of the conversations.

use crate::common::{Answer, World};
use serde_json::{Value, json};

pub(crate) const BASE: &str = "/twelvelabs/v1.3/assets/multipart-uploads";

pub(crate) trait TwelveLabs {
    fn say(&self, target: &str, body: Value) -> Answer;
    fn ask(&self, target: &str) -> Answer;
    fn begin(&self, total_size: u64) -> Session;
}

pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) asset: String,
    pub(crate) chunk_size: u64,
    pub(crate) urls: Vec<String>,
}

impl TwelveLabs for World {
    fn say(&self, target: &str, body: Value) -> Answer {
        self.api("POST", &format!("{BASE}{target}")).header("x-api-key", "demo-key").json(body).send()
    }

    fn ask(&self, target: &str) -> Answer {
        self.api("GET", &format!("{BASE}{target}")).header("x-api-key", "demo-key").send()
    }

    fn begin(&self, total_size: u64) -> Session {
        let answer = self.say("", json!({ "filename": "a.mp4", "type": "video", "total_size": total_size }));
        assert_eq!(answer.status, 201, "{}", answer.text());
        let body = answer.json();
        let said = |name: &str| body[name].as_str().unwrap().to_owned();
        let chunk_size = body["chunk_size"].as_u64().unwrap();
        Session { id: said("upload_id"), asset: said("asset_id"), chunk_size, urls: urls(&body) }
    }
}

impl Session {
    /// Stores a chunk and returns what is to be reported of it.
    pub(crate) fn store(&self, world: &World, index: usize, body: &[u8]) -> Value {
        stored(world, &self.urls[index - 1], index, body)
    }

    pub(crate) fn report(&self, world: &World, chunks: &[&Value]) -> Answer {
        world.say(&format!("/{}", self.id), json!({ "completed_chunks": chunks }))
    }

    pub(crate) fn sign(&self, world: &World, start: u64, count: u64) -> Answer {
        world.say(&format!("/{}/presigned-urls", self.id), json!({ "start": start, "count": count }))
    }

    pub(crate) fn status(&self, world: &World) -> Value {
        world.ask(&format!("/{}", self.id)).json()
    }
}

pub(crate) fn stored(world: &World, url: &str, index: usize, body: &[u8]) -> Value {
    let answer = world.put(url, body).header("content-type", "application/octet-stream").send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let proof = answer.header("etag").unwrap().trim_matches('"').to_owned();
    json!({ "chunk_index": index, "proof": proof, "proof_type": "etag", "chunk_size": body.len() })
}

pub(crate) fn urls(answer: &Value) -> Vec<String> {
    answer["upload_urls"].as_array().unwrap().iter().map(|row| row["url"].as_str().unwrap().to_owned()).collect()
}

/// Five bytes to a chunk.
pub(crate) fn world_of_fives() -> World {
    World::with(|options| options.min_part_size = 5)
}

/// The code of an error that has the service's shape.
pub(crate) fn refused(answer: &Answer, status: u16) -> String {
    let body = answer.json();
    assert_eq!((answer.status, answer.header("x-api-version")), (status, Some("1.3")), "{body}");
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "message"]);
    assert!(body["message"].is_string());
    body["code"].as_str().unwrap().to_owned()
}

/// An error that names a parameter.
pub(crate) fn wrong(answer: &Answer, code: &str, parameter: &str) {
    assert_eq!(refused(answer, 400), code, "{}", answer.text());
    assert!(answer.text().contains(&format!("The {parameter} parameter is")), "{}", answer.text());
}

pub(crate) fn is_hex_id(id: &str) -> bool {
    id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
