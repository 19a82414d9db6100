//! What can be asked of rotate and what it answers, whoever does the work: the daemon, or the command itself.

mod answer;
mod away;
mod engine_socket;
mod error;
mod exit;
mod place;
mod problem;
mod question;
mod records;
mod round;
mod served;
mod session;
mod stores;
mod view;

pub use answer::{answer, answer_without_engine};
pub use away::AwayError;
pub use engine_socket::{SocketError, Where};
pub use error::AskError;
pub use exit::Exit;
pub use place::Place;
pub use problem::Problem;
pub use question::{Ask, USUAL_LIMIT};
pub use records::Records;
pub use round::Round;
pub use served::Served;
pub use session::{Session, With};
pub use stores::of_the_stores;
pub use view::{JSON_VERSION, Trouble, View};
