//! Anything that a service, a function or a disk may give.

use proptest::prelude::*;
use upslice::core::{Limits, Numbers, Wall};
use upslice::protocol::{
    Adapter, Algorithm, Checksums, Custom, Gjirafa, Here, Json, Response, S3Endpoint, S3Functions, Shape, Subworkflow,
    TwelveLabs, Veza,
};

pub(crate) const BASE: &str = "https://api.example/v1";

pub(crate) fn adapters() -> Vec<Box<dyn Adapter>> {
    let base_url = || BASE.to_owned();
    let limits =
        Limits { min_part_size: 1, max_part_size: 5 << 30, max_parts: 100, max_size: 5 << 30, empty_parts: Some(1) };
    vec![
        Box::new(S3Endpoint::new(BASE)),
        Box::new(S3Functions {
            id: "mine".into(),
            list: true,
            verify: true,
            abort: true,
            checksums: Checksums::Of(Algorithm::Crc32c),
        }),
        Box::new(Veza { base_url: base_url(), provider_id: "p".into(), data_source_id: "d".into() }),
        Box::new(TwelveLabs {
            base_url: base_url(),
            kind: "video",
            enable_hls: false,
            enable_thumbnail: false,
            user_metadata: None,
        }),
        Box::new(Gjirafa { base_url: base_url(), project_id: "p".into(), ..Gjirafa::default() }),
        Box::new(Here {
            base_url: base_url(),
            origins: Vec::new(),
            layer_id: "l".into(),
            data_handle: "h".into(),
            is_named: true,
            gzip: false,
            billing_tag: Some("tag1".into()),
            resend: false,
            digest: Some(Algorithm::Md5),
        }),
        Box::new(Subworkflow { base_url: base_url(), job_type: "extract", expires_in_days: None }),
        Box::new(Custom {
            shape: Shape::FormData,
            limits,
            most_at_once: None,
            numbers: Numbers::Reusable,
            receipt: true,
            abort: true,
            list: true,
            id: Some("mine".into()),
            here: BASE.into(),
            checksum: Some(Algorithm::Sha1),
        }),
    ]
}

/// What good answers look like; each `?` is anything.
const SHAPES: [&str; 22] = [
    r#"{"uploadId":"?","key":"?"}"#,
    r#"{"url":"?","expires":"?","headers":"?"}"#,
    r#"{"presignedUrls":{"1":"?","2":"?","4294967296":"?","0":"?"},"expires":"?"}"#,
    r#"[{"PartNumber":"?","ETag":"?","Size":"?"},{"PartNumber":1,"ETag":"?","Size":"?"}]"#,
    r#"[{"partNumber":"?","url":"?","headers":"?","expiresIn":"?"},{"partNumber":1,"url":"https://s.example/k"}]"#,
    r#"{"size":"?","location":"?"}"#,
    r#"{"upload_id":"?","value":{"upload_id":"?"}}"#,
    r#"{"upload_id":"u","asset_id":"a","chunk_size":"?","total_chunks":"?","upload_headers":"?",
        "upload_urls":[{"chunk_index":"?","url":"?","expires_at":"?"}]}"#,
    r#"{"upload_id":"u","asset_id":"a","chunk_size":"?"}"#,
    r#"{"upload_urls":[{"chunk_index":1,"url":"?","expires_at":"?"},{"chunk_index":"?","url":"?"}]}"#,
    r#"{"status":"?","uploaded_chunks":[{"index":"?","status":"completed"},{"index":1,"status":"?"}],"data":["?"]}"#,
    r#"{"success":true,"result":{"uploadId":"?","requestKey":"k","presignedUrl":[{"partNumber":"?","presignedUrl":"?"}]},
        "data":{"key":"?","etag":"?","partNumber":"?","id":"?"}}"#,
    r#"{"success":true,"data":{"key":"k","etag":"e","partNumber":1}}"#,
    r#"{"success":false,"errors":["?","?"],"error":"?","statusCode":"?"}"#,
    r#"{"links":{"uploadPart":{"href":"?"},"complete":{"href":"?"},"status":{"href":"?"},"delete":{"href":"?"}}}"#,
    r#"{"links":{"uploadPart":{"href":"/p"},"complete":{"href":"/c"},"status":{"href":"/s"},"delete":{"href":"/d"}}}"#,
    r#"{"status":"?","title":"?","cause":"?"}"#,
    r#"{"session":"?","uploadId":"?","partSize":"?"}"#,
    r#"{"session":1,"uploadId":"u"}"#,
    r#"{"url":"?","method":"?","headers":{"a":"?"},"credentials":"?","fields":{"b":"?"},"dataField":"?"}"#,
    r#"[{"number":"?","size":"?","etag":"?"},{"number":1,"size":"?"}]"#,
    r#""?""#,
];

const WORDS: [&str; 24] = [
    "",
    "1",
    "0",
    "-1",
    "18446744073709551615",
    "18446744073709551616",
    "4294967296",
    "9007199254740993",
    "u",
    "active",
    "completed",
    "processing",
    "failed",
    "expired",
    "PUT",
    "include",
    "https://s.example/k",
    "https://s.example/k?X-Amz-Expires=18446744073709551615&X-Amz-Date=99991231T235959Z&sig=secret",
    "https://s.example/k?X-Amz-Expires=0&X-Amz-Date=x",
    "//s.example/x",
    "javascript:alert(1)",
    "2026-11-20T14:07:00Z",
    "9999-99-99T99:99:99Z",
    "\u{0}\u{feff}\u{1f980}%ff\"\\",
];

const NUMBERS: [f64; 12] =
    [0.0, 1.0, 2.0, 3.0, -1.0, 0.5, 4_294_967_296.0, 9_007_199_254_740_992.0, 1e300, f64::INFINITY, f64::NAN, 1024.0];

pub(crate) fn leaf() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => prop::sample::select(&WORDS[..]).prop_map(Json::from),
        4 => prop::sample::select(&NUMBERS[..]).prop_map(Json::Number),
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::Bool),
        1 => ".{0,40}".prop_map(Json::Text),
        1 => prop::collection::vec(Just(Json::Null), 0..3).prop_map(Json::List),
        1 => prop::collection::vec((".{0,9}", ".{0,9}".prop_map(Json::Text)), 0..3).prop_map(Json::Map),
    ]
}

/// Anything that JSON can be.
pub(crate) fn any_json() -> impl Strategy<Value = Json> {
    leaf().prop_recursive(4, 40, 6, |inner| {
        let name = prop_oneof![
            prop::sample::select(&["url", "uploadId", "key", "etag", "part", "session", "headers", "status"][..])
                .prop_map(ToOwned::to_owned),
            ".{0,9}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::List),
            prop::collection::vec((name, inner), 0..6).prop_map(Json::Map),
        ]
    })
}

fn filled(shape: &Json, leaves: &mut impl Iterator<Item = Json>) -> Json {
    match shape {
        Json::Text(text) if text == "?" => leaves.next().unwrap_or_default(),
        Json::List(items) => Json::List(items.iter().map(|item| filled(item, leaves)).collect()),
        Json::Map(fields) => {
            Json::Map(fields.iter().map(|(name, value)| (name.clone(), filled(value, leaves))).collect())
        }
        other => other.clone(),
    }
}

fn body() -> impl Strategy<Value = Json> {
    let shaped = (prop::sample::select(&SHAPES[..]), prop::collection::vec(leaf(), 8))
        .prop_map(|(shape, leaves)| filled(&serde_json::from_str(shape).unwrap(), &mut leaves.into_iter().cycle()));
    prop_oneof![4 => shaped, 1 => any_json()]
}

pub(crate) fn answer() -> impl Strategy<Value = Response> {
    let status = prop_oneof![
        6 => Just(200),
        2 => prop::sample::select(&[0, 204, 301, 400, 401, 403, 404, 408, 422, 429, 500, 503][..]),
        1 => any::<u16>(),
    ];
    let name = prop::sample::select(&["etag", "retry-after", "x"][..]).prop_map(ToOwned::to_owned);
    let value = prop_oneof![prop::sample::select(&WORDS[..]).prop_map(ToOwned::to_owned), ".{0,20}"];
    let text = prop_oneof![
        ".{0,80}",
        Just(
            "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>https://a/?sig=secret</Message></Error>"
                .into()
        ),
        Just("<Error><Code></Code".into()),
    ];
    (status, prop::collection::vec((name, value), 0..3), body(), prop::option::of(text), any::<u64>()).prop_map(
        |(status, headers, json, text, at)| {
            let at = Wall::from_millis(at);
            match text {
                Some(text) => Response { status, headers, text, json: None, at },
                None => {
                    let text = serde_json::to_string(&json).unwrap_or_default();
                    Response { status, headers, text, json: Some(json), at }
                }
            }
        },
    )
}
