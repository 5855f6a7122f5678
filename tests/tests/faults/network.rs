//! Faults of the network.

use std::time::Duration;

use tests::servers::Fault;

use crate::trial::{TIMEOUT, Trial};

fn trial(name: &'static str, fault: Fault) {
    Trial::start(name).run(|trial| trial.proxy.set(fault), |trial| trial.proxy.set(Fault::Pass));
}

#[test]
fn g9_answers_are_slow() {
    trial("answers late, in time", Fault::Delay(TIMEOUT / 10));
}

#[test]
fn g9_answers_are_too_slow() {
    trial("answers too late", Fault::Delay(2 * TIMEOUT));
}

#[test]
fn g9_nothing_arrives() {
    trial("black hole", Fault::BlackHole);
}

#[test]
fn g9_connections_are_refused() {
    trial("connections refused", Fault::Refuse);
}

#[test]
fn g9_connections_break_in_the_middle_of_an_answer() {
    let mut after = [3, 1000, 57, 4000].into_iter().cycle();
    Trial::start("cut in an answer").run_again_and_again(
        Duration::from_millis(100),
        |trial| trial.proxy.set(Fault::CutAfter(after.next().unwrap_or(1))),
        |trial| trial.proxy.set(Fault::Pass),
    );
}

#[test]
fn g9_connections_break_again_and_again() {
    Trial::start("cut").run_again_and_again(Duration::from_millis(50), |trial| trial.proxy.cut(), |_| {});
}
