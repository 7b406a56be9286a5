//! Fields of an object of the app's, one by one: what they may be is said where they are read, and a wrong one is
//! told by its name.

use super::error;
use crate::browser::{sys, value};
use crate::core::{Error, ErrorCode};
use crate::protocol::append;
use js_sys::{Function, Reflect};
use std::time::Duration;
use wasm_bindgen::prelude::*;

/// Why options are not taken; and what a function of the app threw, if that is why. Behind a pointer, because everything
/// that reads an option hands it on.
pub(super) struct Refused(Box<(Error, Option<JsValue>)>);

impl Refused {
    pub(super) fn new(code: ErrorCode, message: String, thrown: Option<JsValue>) -> Self {
        Self(Box::new((Error::new(code, message), thrown)))
    }

    /// The fields of an `UploadError`.
    pub(super) fn to_js(&self) -> JsValue {
        let (error, thrown) = &*self.0;
        error::to_js(error, thrown.clone())
    }
}

/// What names the option and what it may be.
pub(super) fn wrong(name: &str, rule: &str) -> Refused {
    Refused::new(ErrorCode::Options, format!("{name}: {rule}"), None)
}

/// An object of the app's.
pub(super) struct Fields<'a> {
    object: &'a JsValue,
    /// What stands before a field's name in a message: `retry.`, or nothing.
    prefix: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields of `object`, of which there are no others than `known`.
    pub(super) fn new(object: &'a JsValue, prefix: &'static str, known: &[&str]) -> Result<Self, Refused> {
        let keys = sys::keys(object)
            .map_err(|thrown| wrong(prefix.strip_suffix('.').unwrap_or("options"), &unread(&thrown)))?;
        for key in keys {
            let key = key.as_string().unwrap_or_default();
            if !known.contains(&key.as_str()) {
                let mut row = String::new();
                known.iter().for_each(|known| append(&mut row, ", ", known));
                return Err(wrong(&format!("{prefix}{key}"), &format!("there is no such option; there are {row}")));
            }
        }
        Ok(Self { object, prefix })
    }

    /// What is wrong with one field.
    pub(super) fn wrong(&self, name: &str, rule: &str) -> Refused {
        wrong(&format!("{}{name}", self.prefix), rule)
    }

    /// A field; `None` if it is `undefined`.
    pub(super) fn get(&self, name: &str) -> Result<Option<JsValue>, Refused> {
        let value = Reflect::get(self.object, &name.into());
        let value = value.map_err(|thrown| self.wrong(name, &unread(&thrown)))?;
        Ok(Some(value).filter(|value| !value.is_undefined()))
    }

    /// A field of a plain type. What it is instead is not asked: a proxy may answer anything, or throw.
    fn plain<T>(&self, name: &str, rule: &str, read: impl FnOnce(&JsValue) -> Option<T>) -> Result<Option<T>, Refused> {
        let value = self.get(name)?.map(|value| read(&value).ok_or_else(|| self.wrong(name, rule)));
        value.transpose()
    }

    fn number(&self, name: &str, rule: &str) -> Result<Option<f64>, Refused> {
        self.plain(name, rule, JsValue::as_f64)
    }

    /// Text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refused> {
        self.plain(name, "text is expected", JsValue::as_string)
    }

    /// A function.
    pub(super) fn function(&self, name: &str) -> Result<Option<Function>, Refused> {
        let function = self.get(name)?.map(JsCast::dyn_into::<Function>);
        function.transpose().map_err(|_| self.wrong(name, "a function is expected"))
    }

    /// `true` or `false`; nothing is `false`.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refused> {
        Ok(self.plain(name, "true or false is expected", JsValue::as_bool)?.unwrap_or(false))
    }

    /// A whole number, not below `least`.
    // It is checked to be whole and not negative.
    pub(super) fn whole(&self, name: &str, least: u32, rule: &str) -> Result<Option<u64>, Refused> {
        match self.number(name, rule)? {
            Some(number) if number.fract() == 0.0 && number >= least.into() && number < 9e15 => Ok(Some(number as u64)),
            Some(_) => Err(self.wrong(name, rule)),
            None => Ok(None),
        }
    }

    /// Whole days; -1 is for ever.
    // It is checked to be whole and small.
    pub(super) fn days(&self, name: &str) -> Result<Option<i32>, Refused> {
        let rule = "a whole number of days is expected, or -1 for ever";
        match self.number(name, rule)? {
            Some(days) if days.fract() == 0.0 && (-1.0..1e6).contains(&days) => Ok(Some(days as i32)),
            Some(_) => Err(self.wrong(name, rule)),
            None => Ok(None),
        }
    }

    /// Milliseconds. Infinity is what a timer cannot keep: `0` says never where that is possible.
    pub(super) fn millis(&self, name: &str) -> Result<Option<Duration>, Refused> {
        let rule = "milliseconds are expected, zero or more";
        match self.number(name, rule)? {
            Some(millis) if (0.0..9e15).contains(&millis) => Ok(Some(Duration::from_micros((millis * 1000.0) as u64))),
            Some(_) => Err(self.wrong(name, rule)),
            None => Ok(None),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Refused> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let mut known = String::new();
        for (word, meaning) in words {
            if value == **word {
                return Ok(Some(*meaning));
            }
            append(&mut known, " or ", &format!("\"{word}\""));
        }
        Err(self.wrong(name, &format!("{known} is expected")))
    }

    /// `"auto"`, or a whole number not below one.
    pub(super) fn auto(&self, name: &str) -> Result<Option<u64>, Refused> {
        if self.get(name)?.is_some_and(|value| value == "auto") {
            return Ok(None);
        }
        self.whole(name, 1, "\"auto\" or a whole number above zero is expected")
    }
}

/// A getter, or a proxy, is a function of the app too.
pub(super) fn unread(thrown: &JsValue) -> String {
    format!("reading it threw: {}", value::words_of(thrown))
}
