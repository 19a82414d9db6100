//! Who ended a container: a question that only the engine's events answer, as far back as it keeps them.

use serde_json::{Value, json};

use crate::model::{ContainerId, Ending};

/// INT, KILL and TERM: what people send to end a program. HUP, QUIT, USR1 and others are messages to many.
const ENDING: [&str; 3] = ["2", "9", "15"];
/// A program that was asked to end does so within this time, in nanoseconds; `docker stop` with a longer grace says so by an event of its own.
const SOON: i64 = 15_000_000_000;

/// Which events to ask for.
pub(super) fn filters(container: &ContainerId) -> Value {
    json!({ "type": ["container"], "container": [container.as_str()], "event": ["kill", "stop", "die"] })
}

/// Reads the events of one life, one JSON object a line (Docker API 1.41–1.51, SystemEvents). `docker stop` makes `kill`, `die` and `stop`;
/// `docker kill` makes `kill` and `die`; a program that ends by itself makes `die` alone. An engine keeps the last 256, and none over its restart.
pub(super) fn read(body: &[u8]) -> Ending {
    let events: Vec<Value> = body.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let is = |event: &Value, action: &str| event.pointer("/Action").and_then(Value::as_str) == Some(action);
    let at = |event: &Value| event.pointer("/timeNano").and_then(Value::as_i64).unwrap_or(0);
    let is_meant = |event: &Value| {
        let signal = event.pointer("/Actor/Attributes/signal").and_then(Value::as_str);
        signal.is_none_or(|signal| ENDING.contains(&signal))
    };
    let Some(died_at) = events.iter().filter(|event| is(event, "die")).map(at).max() else { return Ending::Unknown };
    let is_asked = |event: &Value| is(event, "stop") || is(event, "kill") && is_meant(event) && died_at.saturating_sub(at(event)) <= SOON;
    if events.iter().any(is_asked) { Ending::ByHand } else { Ending::ByItself }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_remembered_is_not_known_and_a_message_is_no_end() {
        let event = |second: i64, action: &str, signal: &str| {
            json!({"Action": action, "Actor": {"Attributes": {"signal": signal}}, "timeNano": second * 1_000_000_000}).to_string()
        };
        let read = |events: &[String]| read(events.join("\n").as_bytes());
        assert_eq!(read(&[]), Ending::Unknown);
        assert_eq!(read(&["not JSON".into()]), Ending::Unknown);
        assert_eq!(read(&[event(50, "die", "")]), Ending::ByItself);
        assert_eq!(read(&[event(49, "kill", "1"), event(50, "die", "")]), Ending::ByItself);
        assert_eq!(read(&[event(10, "kill", "15"), event(50, "die", "")]), Ending::ByItself);
        assert_eq!(read(&[event(49, "kill", "15"), event(50, "die", "")]), Ending::ByHand);
        assert_eq!(read(&[event(10, "kill", "12"), event(50, "die", ""), event(51, "stop", "")]), Ending::ByHand);
    }
}
