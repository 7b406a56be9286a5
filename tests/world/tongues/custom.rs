//! Functions of an app that describe any other service.

use super::super::Served;
use super::super::words::Row;
use super::super::words::{Ask, Said};
use super::store::{is_of, urls};
use super::{Spoken, Tongue, fields, number, text, whole};
use serde_json::{Value, json};
use std::cell::RefCell;
use upslice::core::{Dice, Limits, Numbers, Step};
use upslice::protocol::{Algorithm, Argument, Call, Custom, Function, Json, Shape};

pub(super) fn any(dice: &mut Dice) -> Served {
    let shapes = [Shape::Raw, Shape::Base64Json, Shape::FormData];
    let adapter = Custom {
        shape: shapes[dice.below(3) as usize],
        limits: Limits {
            min_part_size: 1,
            max_part_size: 5 << 30,
            max_parts: 10_000,
            max_size: 5 << 40,
            empty_parts: Some(1),
        },
        most_at_once: (dice.below(4) == 0).then_some(2),
        numbers: if dice.below(4) == 0 { Numbers::Once } else { Numbers::Reusable },
        receipt: dice.below(2) == 0,
        abort: dice.below(3) > 0,
        list: dice.below(2) == 0,
        id: (dice.below(4) > 0).then(|| "mine".into()),
        here: "https://app.example/page".into(),
        checksum: (dice.below(3) == 0).then_some(Algorithm::Sha256),
    };
    Served::new(adapter, App::default())
}

/// An app, and the sessions that the edge keeps for it.
#[derive(Debug, Default)]
struct App {
    kept: RefCell<Vec<String>>,
}

impl App {
    /// Keeps a session as the edge does: under a number that nobody else has.
    fn keep(&self, name: &str) -> u64 {
        let mut kept = self.kept.borrow_mut();
        kept.push(name.to_owned());
        kept.len() as u64 - 1
    }

    fn kept(&self, number: u64) -> String {
        self.kept.borrow()[usize::try_from(number).unwrap()].clone()
    }
}

impl Tongue for App {
    fn name(&self, session: &Json) -> String {
        self.kept(whole(session, "session"))
    }

    fn hear(&self, step: &Step<Json>, call: &Call, size: u64) -> Ask {
        let Call::Function(Function { name, arguments, keeps }) = call else { panic!("a request: {call:?}") };
        assert_eq!(*keeps, (*name == "create").then_some("session"));
        let (session, told) = match arguments.as_slice() {
            [Argument::Signalled(told)] => {
                let Step::Open { parts, part_size } = step else { panic!("{step:?}") };
                assert_eq!(fields(told), ["name", "type", "size", "parts", "partSize"]);
                let said = (whole(told, "size"), number(told, "parts"), whole(told, "partSize"));
                assert_eq!(said, (size, *parts, *part_size));
                return Ask::Open { size, parts: None };
            }
            [Argument::Kept(session)] => (self.kept(*session), &Json::Null),
            [Argument::Kept(session), Argument::Signalled(told)]
            | [Argument::Kept(session), Argument::Data(told), Argument::Signal] => (self.kept(*session), told),
            _ => panic!("{arguments:?}"),
        };
        match *name {
            "part" => {
                let Step::Prepare { parts, .. } = step else { panic!("{step:?}") };
                let said = (whole(told, "offset"), whole(told, "size"));
                assert_eq!(said, (parts[0].start, parts[0].size()));
                assert!(whole(told, "attempt") >= 1);
                assert!(told.get("checksum").is_none_or(|checksum| is_of(checksum, &parts[0])), "{told:?}");
                Ask::Sign { session, numbers: vec![number(told, "number")] }
            }
            "list" => Ask::List { session, from: 1 },
            "complete" => {
                let parts = told.items().unwrap_or_else(|| panic!("no parts: {told:?}"));
                let end = parts.iter().fold(0, |at, part| {
                    assert_eq!(whole(part, "offset"), at, "the parts do not follow each other");
                    at + whole(part, "size")
                });
                assert_eq!(end, size);
                let part = |part: &Json| (number(part, "number"), part.text("etag").map(ToOwned::to_owned));
                Ask::Complete { session, parts: parts.iter().map(part).collect() }
            }
            "abort" => Ask::Discard { session },
            _ => panic!("no function `{name}`"),
        }
    }

    fn speak(&self, step: &Step<Json>, said: &Said) -> Spoken {
        let value = match (said, step) {
            (Said::Opened(name, ..), _) => json!({ "session": self.keep(name), "uploadId": name }),
            (Said::Signed(signed), Step::Prepare { session, .. }) => {
                let (_, url) = urls(&self.name(session), signed, None).remove(0);
                json!({ "url": url })
            }
            (Said::Listed(parts, _), _) => {
                let part = |(number, etag, size, _): &Row| json!({ "number": number, "etag": etag, "size": size });
                parts.iter().map(part).collect()
            }
            (Said::Completed(location), _) => json!({ "location": location }),
            (Said::Discarded, _) => Value::Null,
            _ => panic!("no function gives {said:?}"),
        };
        Spoken::json(200, value)
    }

    fn follow(&self, function: &Function) -> Option<Json> {
        let ("receipt", [Argument::Data(shown)]) = (function.name, function.arguments.as_slice()) else {
            panic!("{function:?}")
        };
        let etag = shown.get("headers").and_then(|headers| headers.text("etag"))?;
        Some(Json::object([("etag", etag.into())]))
    }

    fn remember(&self, session: Json) -> Json {
        let id = session.get("uploadId").cloned().unwrap_or_default();
        Json::object([("session", self.name(&session).as_str().into()), ("uploadId", id)])
    }

    fn recall(&self, remembered: Json) -> Json {
        let session = self.keep(&text(&remembered, "session"));
        Json::object([
            ("session", session.into()),
            ("uploadId", remembered.get("uploadId").cloned().unwrap_or_default()),
        ])
    }
}
