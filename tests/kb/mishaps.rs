//! Jobs that go wrong: no answer is lost, nobody else's job suffers, and it is said what happened.

use crate::harness::Env;
use std::fs;
use std::time::Duration;

#[test]
fn a_job_that_ended_before_it_could_be_cancelled_says_how() {
    let env = Env::shop();
    let id = env.kb("ask --json where are signed cookies set").json()["job"].as_str().unwrap().to_owned();
    let folder = env.home().join(".local/state/kb/jobs").join(&id);
    // It runs, as far as anyone can see, and ends when it is asked to stop.
    let done = fs::read_to_string(folder.join("job.json")).unwrap();
    let mut running: serde_json::Value = serde_json::from_str(&done).unwrap();
    running["ended"] = serde_json::Value::Null;
    fs::write(folder.join("job.json"), running.to_string()).unwrap();
    let lock = fs::File::options().write(true).open(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let cancelled = folder.join("cancel");
    let ends = std::thread::spawn(move || {
        while !cancelled.exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        fs::write(folder.join("job.json"), done).unwrap();
        drop(lock);
    });
    let run = env.kb(&format!("jobs cancel {id}")).ends_with(0);
    ends.join().unwrap();
    assert_eq!(run.stderr, format!("{id} ended before it could be cancelled: kept\n"));
}
