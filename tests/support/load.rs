//! Load for benchmarks: numbered messages into a gateway, this project's or another, and what became of each and when.
//!
//! A message's number stands in its destination's last eight digits and in its message id's last eight hex digits, so that the
//! operator, the gateway's events and another gateway's reports all tell which one they speak of, and nobody has to parse more.
//! The gateway is a process of its own, and so is every server that it needs: what each uses is read from /proc.

mod cpu;
mod ground;
mod kannel;
mod lane;
mod ours;
mod run;
mod sink;
mod tally;

pub use cpu::{Processes, Who, machine};
pub use ground::Ground;
pub use kannel::{Intake, Kannel, KannelSetup};
pub use ours::{Ours, Plugin, Setup};
pub use run::{Figures, Latency, Stage, chosen, count, median, whole};
pub use sink::{Answers, SCATTER, Sink, scattered};
pub use tally::{Step, Tally};
