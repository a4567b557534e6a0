//! A dispatch command as JSON.

use serde_json::Value;
use smpp_domain::dispatch::DispatchCommand;

/// Nobody's refusal is a book, however much is wrong.
const LONGEST_PROBLEM: usize = 400;

/// Any octets.
///
/// A command that is read is written and read again without a change, the same JSON in other words means the same, and
/// a refusal has reasons that can be shown.
pub fn command(octets: &[u8]) {
    let read = DispatchCommand::parse(octets);
    match &read {
        Ok(command) => assert_eq!(DispatchCommand::parse(&command.to_json()).as_ref(), Ok(command)),
        Err(refusal) => {
            assert!(!refusal.problems().is_empty());
            for problem in refusal.problems() {
                let words = problem.to_string();
                assert!(words.chars().count() <= LONGEST_PROBLEM, "{words}");
                assert!(!words.contains(char::is_control), "{words:?}");
            }
        }
    }
    let Ok(Ok(rewritten)) = serde_json::from_slice::<Value>(octets).map(|value| serde_json::to_vec(&value))
    else {
        return;
    };
    if rewritten.len() <= DispatchCommand::MAX_BODY {
        assert_eq!(read.ok(), DispatchCommand::parse(&rewritten).ok());
    }
}
