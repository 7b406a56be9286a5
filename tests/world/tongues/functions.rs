//! Functions of an app that stand for a backend that signs.

use super::super::Served;
use super::super::store::Store;
use super::super::words::{Ask, Said};
use super::s3::{listed, parts};
use super::store::{CHECKSUM, is_of, urls};
use super::{Spoken, Tongue, fields, items, number, text, whole};
use serde_json::{Value, json};
use upslice::core::{Dice, Step};
use upslice::protocol::{Algorithm, Argument, Call, Checksums, Json, S3Functions};

pub(super) fn any(dice: &mut Dice, store: &mut Store) -> Served {
    store.refuses_digests = dice.below(4) == 0;
    store.forbids_digests = dice.below(4) == 0;
    let adapter = S3Functions {
        id: "mine".into(),
        list: dice.below(3) > 0,
        verify: dice.below(2) == 0,
        abort: dice.below(4) > 0,
        checksums: match dice.below(4) {
            0 | 1 => Checksums::Of(Algorithm::Crc32c),
            2 => Checksums::Signed,
            _ => Checksums::Never,
        },
    };
    Served::new(adapter, Functions { passes_on: dice.below(4) > 0 })
}

#[derive(Clone, Copy, Debug)]
struct Functions {
    /// Whether a checksum is signed: an app may have been written before there were any.
    passes_on: bool,
}

impl Tongue for Functions {
    fn name(&self, session: &Json) -> String {
        text(session, "uploadId")
    }

    fn hear(&self, step: &Step<Json>, call: &Call, size: u64) -> Ask {
        let Call::Function(function) = call else { panic!("a request: {call:?}") };
        let [Argument::Signalled(told)] = function.arguments.as_slice() else { panic!("{function:?}") };
        if function.name == "create" {
            assert_eq!((told.text("name"), whole(told, "size")), (Some("a film.mp4"), size));
            return Ask::Open { size, parts: None };
        }
        let session = text(told, "uploadId");
        assert_eq!(told.text("key"), Some(format!("key of {session}").as_str()));
        match function.name {
            "sign" => {
                let Step::Prepare { parts, .. } = step else { panic!("{step:?}") };
                let sizes: Vec<_> = items(told, "parts").iter().map(|part| whole(part, "size")).collect();
                assert!(sizes.iter().eq(parts.iter().map(|part| part.size()).collect::<Vec<_>>().iter()));
                let mut told_of = items(told, "parts").iter().zip(parts);
                let right =
                    told_of.all(|(told, part)| told.get("checksum").is_none_or(|checksum| is_of(checksum, part)));
                assert!(right, "a digest of other bytes: {told:?}");
                let numbers = items(told, "parts").iter().map(|part| number(part, "partNumber"));
                Ask::Sign { session, numbers: numbers.collect() }
            }
            "list" => Ask::List { session, from: 1 },
            "complete" => {
                assert_eq!(fields(told), ["uploadId", "key", "parts"]);
                Ask::Complete { session, parts: parts(told) }
            }
            "verify" => Ask::Verify { session },
            "abort" => Ask::Discard { session },
            name => panic!("no function `{name}`"),
        }
    }

    fn speak(&self, step: &Step<Json>, said: &Said) -> Spoken {
        let value = match said {
            Said::Opened(name, ..) => json!({ "uploadId": name, "key": format!("key of {name}") }),
            Said::Signed(signed) => {
                let Step::Prepare { session, digests, .. } = step else { panic!("{step:?}") };
                let header = (self.passes_on && !digests.is_empty()).then_some(CHECKSUM);
                let url = |(number, url): (u32, String)| json!({ "partNumber": number, "url": url });
                urls(&self.name(session), signed, header).into_iter().map(url).collect()
            }
            Said::Listed(parts, _) => listed(parts),
            Said::Completed(location) => json!({ "location": location }),
            Said::Whole(size) => json!({ "size": size, "etag": "e" }),
            Said::Absent | Said::Discarded => Value::Null,
            _ => panic!("no function gives {said:?}"),
        };
        Spoken::json(200, value)
    }
}
