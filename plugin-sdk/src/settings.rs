//! The plugin's settings: reading them in a hook, and checking them in [`Settings::validate`](crate::Settings::validate).

use crate::{Fault, context};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::any::Any;
use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::rc::Rc;

pub use crate::bindings::settings::exports::smpp::operator_policy::settings::Problem;

thread_local! {
    static READ: RefCell<Option<Rc<dyn Any>>> = const { RefCell::new(None) };
}

/// The settings as a type of the plugin's own, read once an instance. An absent document reads as `{}`.
///
/// ```
/// use smpp_plugin_sdk::{settings, testing::Context};
///
/// #[derive(serde::Deserialize)]
/// struct Acme {
///     #[serde(default)]
///     max_parts: Option<u8>,
/// }
/// let _call = Context::new().settings(r#"{"max_parts": 3}"#).enter();
/// assert_eq!(settings::<Acme>().unwrap().max_parts, Some(3));
/// ```
///
/// # Errors
/// [`Fault::Misconfigured`] if the document does not fit the type. Not reached where `Settings::validate` is strict.
pub fn settings<T: DeserializeOwned + 'static>() -> Result<Rc<T>, Fault> {
    let known = READ.with(|read| read.borrow().clone());
    if let Some(known) = known.and_then(|known| known.downcast().ok()) {
        return Ok(known);
    }
    let document = context::settings();
    let value: Rc<T> = read(&document)
        .map(Rc::new)
        .map_err(|problem| Fault::Misconfigured(format!("settings: {}", problem.message)))?;
    READ.with(|read| read.replace(Some(Rc::clone(&value) as Rc<dyn Any>)));
    Ok(value)
}

/// Reads a candidate's document into a type: for [`Settings::validate`](crate::Settings::validate), where the type says
/// all that there is to check.
///
/// # Errors
/// The first problem; serde stops there.
pub fn read<T: DeserializeOwned>(document: &str) -> Result<T, Problem> {
    serde_json::from_str(or_empty_object(document)).map_err(|error| Problem {
        path: String::new(),
        message: error.to_string(),
    })
}

/// Another context, other settings.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn forget() {
    READ.with(|read| read.replace(None));
}

fn or_empty_object(document: &str) -> &str {
    match document.trim() {
        "" | "null" => "{}",
        given => given,
    }
}

/// A settings document under examination: ask for each setting that the plugin knows, then [`finish`](Self::finish).
///
/// ```
/// use smpp_plugin_sdk::settings::Document;
///
/// let mut document = Document::read(r#"{"max_parts": 0, "max_prats": 3}"#);
/// document.integer("max_parts", 1..=255);
/// let problems = document.finish().unwrap_err();
/// assert_eq!(problems[0].path, "/max_parts");
/// assert_eq!(problems[1].path, "/max_prats");
/// ```
#[derive(Debug)]
pub struct Document {
    settings: Map<String, Value>,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl Document {
    /// Parses the document. What is wrong with it as a whole is found by [`finish`](Self::finish).
    #[must_use]
    pub fn read(document: &str) -> Self {
        let (settings, problem) = match serde_json::from_str(or_empty_object(document)) {
            Ok(Value::Object(settings)) => (settings, None),
            Ok(_) => (Map::new(), Some("the settings must be a JSON object".to_owned())),
            Err(error) => (Map::new(), Some(format!("not JSON: {error}"))),
        };
        let problems = problem
            .into_iter()
            .map(|message| Problem {
                path: String::new(),
                message,
            })
            .collect();
        Self {
            settings,
            known: Vec::new(),
            problems,
        }
    }

    /// An optional whole number.
    pub fn integer(&mut self, key: &'static str, allowed: RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(key)?;
        let number = value.as_u64().filter(|number| allowed.contains(number));
        if number.is_none() {
            let (least, most) = allowed.into_inner();
            self.problem(
                key,
                format!("must be a whole number from {least} to {most}, is {value}"),
            );
        }
        number
    }

    /// An optional text of so many characters.
    pub fn text(&mut self, key: &'static str, characters: RangeInclusive<usize>) -> Option<String> {
        let value = self.take(key)?;
        let text = value
            .as_str()
            .filter(|text| characters.contains(&text.chars().count()));
        if text.is_none() {
            let (least, most) = characters.into_inner();
            self.problem(
                key,
                format!("must be a text of {least} to {most} characters, is {value}"),
            );
        }
        text.map(str::to_owned)
    }

    /// A text that must be there.
    pub fn required_text(&mut self, key: &'static str, characters: RangeInclusive<usize>) -> Option<String> {
        if !self.settings.contains_key(key) {
            self.known.push(key);
            self.problem(key, "is missing");
            return None;
        }
        self.text(key, characters)
    }

    /// An optional word out of a few.
    pub fn word(&mut self, key: &'static str, allowed: &[&'static str]) -> Option<&'static str> {
        let value = self.take(key)?;
        let word = allowed.iter().copied().find(|&word| value.as_str() == Some(word));
        if word.is_none() {
            self.problem(key, format!("must be one of {allowed:?}, is {value}"));
        }
        word
    }

    /// Reports something about a setting.
    pub fn problem(&mut self, key: &str, message: impl Into<String>) {
        self.problems.push(Problem {
            path: pointer(key),
            message: message.into(),
        });
    }

    /// Every problem found, settings included that nobody asked for.
    ///
    /// # Errors
    /// If there is any.
    pub fn finish(mut self) -> Result<(), Vec<Problem>> {
        let known = match self.known.is_empty() {
            true => "this plugin has no settings".to_owned(),
            false => format!("this plugin knows {:?}", self.known),
        };
        for key in self.settings.keys() {
            self.problems.push(Problem {
                path: pointer(key),
                message: format!("unknown setting: {known}"),
            });
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.problems)
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.settings.remove(key)
    }
}

/// RFC 6901: `~` and `/` are escaped.
fn pointer(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Context;

    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Sample {
        #[serde(default)]
        parts: Option<u8>,
    }

    #[test]
    fn each_context_has_its_own_settings() {
        for (document, parts) in [
            (r#"{"parts": 3}"#, Some(3)),
            ("", None),
            ("null", None),
            (r#"{"parts": 4}"#, Some(4)),
        ] {
            let _call = Context::new().settings(document).enter();
            assert_eq!(settings::<Sample>().unwrap().parts, parts);
            assert_eq!(settings::<Sample>().unwrap().parts, parts);
        }
    }

    #[test]
    fn settings_that_do_not_fit_are_a_fault() {
        let _call = Context::new().settings(r#"{"parts": "three"}"#).enter();
        assert!(matches!(settings::<Sample>(), Err(Fault::Misconfigured(_))));
    }

    #[test]
    fn every_problem_is_reported_with_its_pointer() {
        let mut document = Document::read(r#"{"base": "octal", "parts": -1, "a/b~": true}"#);
        assert_eq!(document.word("base", &["hex", "decimal"]), None);
        assert_eq!(document.integer("parts", 1..=9), None);
        let paths: Vec<_> = document
            .finish()
            .unwrap_err()
            .into_iter()
            .map(|problem| problem.path)
            .collect();
        assert_eq!(paths, ["/base", "/parts", "/a~1b~0"]);
    }

    #[test]
    fn texts_have_bounds_and_may_be_required() {
        let mut document = Document::read(r#"{"id": "0042", "long": "12345", "odd": 7}"#);
        assert_eq!(document.required_text("id", 1..=4).as_deref(), Some("0042"));
        assert_eq!(document.text("long", 1..=4), None);
        assert_eq!(document.text("odd", 1..=4), None);
        assert_eq!(document.text("absent", 1..=4), None);
        assert_eq!(document.required_text("missing", 1..=4), None);
        let paths: Vec<_> = document
            .finish()
            .unwrap_err()
            .into_iter()
            .map(|problem| problem.path)
            .collect();
        assert_eq!(paths, ["/long", "/odd", "/missing"]);
    }

    #[test]
    fn a_document_that_is_no_object_is_one_problem() {
        for document in ["[]", "3", "{"] {
            let problems = Document::read(document).finish().unwrap_err();
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].path, "");
        }
    }

    #[test]
    fn absent_settings_are_fine() {
        let mut document = Document::read("");
        assert_eq!(document.integer("parts", 1..=9), None);
        assert_eq!(document.finish(), Ok(()));
    }
}
