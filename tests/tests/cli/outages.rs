//! A log that does not answer: waited for, or signed without and completed later.

use crate::identity::{SERVICES, World};
use bulla_sandbox::Fault;

#[test]
fn an_outage_of_the_log_loses_nothing() {
    let world = World::new();
    world.fails_at("/api/v2/log/entries", Fault::InternalError);
    let said = world.sign("app --timeout 3s").ends(2);
    assert!(said.err.contains("[log-unavailable]") && said.err.contains("--log-later"), "{said:?}");
    assert!(!world.shell.names().contains(&"app.sigstore.json".to_owned()));

    let said = world.sign("app --timeout 6s --log-later").ends(0);
    assert!(said.out.contains("unlogged   no log could be reached: `bulla log app` completes it"), "{said:?}");
    // It never verifies as if it had been logged.
    world.verify("app").fails(1, "log-threshold");
    world.shell.run(&format!("log app {SERVICES} --timeout 3s")).ends(2);
    world.sandbox.clear_faults();
    let said = world.shell.run(&format!("log app {SERVICES}")).ends(0);
    assert!(said.out.starts_with("logged     app@sha256:"), "{said:?}");
    world.verify("app").ends(0);
    let said = world.shell.run(&format!("log app {SERVICES}")).ends(0);
    assert!(said.out.starts_with("unchanged  app@sha256:"), "{said:?}");
}

#[test]
fn a_log_that_fails_for_a_while_is_waited_for_and_nothing_is_had_twice() {
    let world = World::new();
    world.fails_at("/api/v2/log/entries", Fault::BadGateway);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(OUTAGE);
            world.sandbox.clear_faults();
        });
        world.sign("app --timeout 120s").ends(0);
    });
    assert!(world.asked("/api/v2/log/entries") > 2);
    assert_eq!((world.asked("/api/v2/signingCert"), world.asked("/api/v1/timestamp")), (1, 1));
    world.verify("app").ends(0);
}

/// Longer than a few tries take; a minute is the same, and too long for every run.
const OUTAGE: std::time::Duration = std::time::Duration::from_secs(10);

#[test]
fn what_is_beside_an_image_is_logged_later_too() {
    let world = World::new();
    world.shell.push_image("app", "1.4", "seed");
    world.fails_at("/api/v2/log/entries", Fault::InternalError);
    world.sign("REG/app:1.4 --timeout 6s --log-later").ends(0);
    world.verify("REG/app:1.4").fails(1, "log-threshold");
    world.sandbox.clear_faults();
    world.shell.run(&format!("log REG/app:1.4 {SERVICES}")).ends(0);
    world.verify("REG/app:1.4").ends(0);
    let again = world.shell.run(&format!("log REG/app:1.4 {SERVICES}")).ends(0);
    assert!(!again.out.contains("logged     "), "{again:?}");
    // Whose signature another key's is, cannot be told without the key.
    let again = world.shell.run(&format!("log REG/app:1.4 --key bulla.pub {SERVICES}")).ends(0);
    assert!(!again.err.contains("warning: "), "{again:?}");
    world.shell.run(&format!("sign REG/app:1.4 --key bulla.key --log {SERVICES}")).ends(0);
    let again = world.shell.run(&format!("log REG/app:1.4 {SERVICES}")).ends(0);
    assert!(again.err.contains("has a log entry that does not count here"), "{again:?}");
    let again = world.shell.run(&format!("log REG/app:1.4 --key bulla.pub {SERVICES}")).ends(0);
    assert!(!again.err.contains("warning: "), "{again:?}");
    world.shell.push_image("unsigned", "1", "other");
    world.shell.run(&format!("log REG/unsigned:1 {SERVICES}")).fails(2, "nothing-to-log");
}
