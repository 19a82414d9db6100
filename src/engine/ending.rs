//! Who ended a container: a question that only the engine's events answer, as far back as it keeps them.

use serde_json::{Value, json};

use crate::model::{ContainerId, Ending};

/// HUP, INT, QUIT, KILL and TERM: what people send to end a program (others, USR1 say, are messages to it).
const ENDING: [&str; 5] = ["1", "2", "3", "9", "15"];

/// Which events to ask for.
pub(super) fn filters(container: &ContainerId) -> Value {
    json!({ "type": ["container"], "container": [container.as_str()], "event": ["kill", "stop", "die"] })
}

/// Reads the events of one life, one JSON object a line (Docker API 1.41–1.51, SystemEvents). `docker stop` makes `kill`, `die` and `stop`;
/// `docker kill` makes `kill` and `die`; a program that ends by itself makes `die` alone. An engine keeps the last 256, and none over its restart.
pub(super) fn read(body: &[u8]) -> Ending {
    let events: Vec<Value> = body.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let is = |event: &Value, action: &str| event.pointer("/Action").and_then(Value::as_str) == Some(action);
    let signal = |event: &Value| event.pointer("/Actor/Attributes/signal").and_then(Value::as_str).map(str::to_owned);
    let is_asked =
        |event: &Value| is(event, "stop") || is(event, "kill") && signal(event).is_none_or(|signal| ENDING.contains(&signal.as_str()));
    match (events.iter().any(is_asked), events.iter().any(|event| is(event, "die"))) {
        (true, _) => Ending::ByHand,
        (false, true) => Ending::ByItself,
        (false, false) => Ending::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_remembered_is_not_known_and_a_message_is_no_end() {
        let event = |action: &str, signal: &str| json!({"Action": action, "Actor": {"Attributes": {"signal": signal}}}).to_string();
        let read = |events: &[String]| read(events.join("\n").as_bytes());
        assert_eq!(read(&[]), Ending::Unknown);
        assert_eq!(read(&["not JSON".into()]), Ending::Unknown);
        assert_eq!(read(&[event("die", "")]), Ending::ByItself);
        assert_eq!(read(&[event("kill", "10"), event("die", "")]), Ending::ByItself);
        assert_eq!(read(&[event("kill", "15"), event("die", "")]), Ending::ByHand);
        assert_eq!(read(&[event("kill", "12"), event("die", ""), event("stop", "")]), Ending::ByHand);
    }
}
