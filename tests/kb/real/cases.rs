//! What every agent program is put through, a row each.

use super::users::{Program, User, lives};
use crate::harness::Run;
use serde_json::{Value, json};
use std::fmt::Write;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const QUESTION: &str = "where are signed cookies set";
const ANSWER: &str = "# Cookies\n\nThe cookie is set by `save_cookie` in `shop/cookies.py:23-25`.";
/// More requests than any of them makes.
const ALL: usize = 200;
/// As many requests a service may get that has trouble.
pub(crate) const MANY: usize = 40;
/// No program may need longer to notice that it cannot go on.
const BOUND: Duration = Duration::from_secs(200);

/// What a program is put through, in a few words, and what does it.
pub(crate) type Case = (&'static str, fn(&Program) -> String);

pub(crate) const ANSWERS: Case = ("answers and follows up", answers);
pub(crate) const ANSWERS_ONCE: Case = ("answers", |program| first(program).2);
pub(crate) const MENDS: Case = ("is told which places are not there", mends);
pub(crate) const REFUSED: Case = ("the login is refused", |program| fault(program, &json!({"status": 401}), 10));
pub(crate) const TOO_MANY: Case = ("too many requests", |program| fault(program, &json!({"status": 429}), MANY));
pub(crate) const OVERLOADED: Case = ("overloaded", |program| fault(program, &json!({"status": 503}), MANY));
pub(crate) const CUT: Case = ("the stream is cut", |program| fault(program, &json!({"events": 4}), MANY));
pub(crate) const BREAKS: Case = ("the connection breaks once", breaks_once);
pub(crate) const HANGS: Case = ("hangs", hangs);
pub(crate) const CANCELLED: Case = ("is cancelled by Ctrl-C", cancelled_here);
pub(crate) const CANCELLED_ELSEWHERE: Case = ("is cancelled by its number", cancelled_elsewhere);
pub(crate) const GOES_ON: Case = ("goes on twice", goes_on);
pub(crate) const TRIED: Case = ("is tried", tried);

/// All of them at once: they mostly wait.
pub(crate) fn table(program: &Program, cases: &[Case]) -> String {
    thread::scope(|scope| {
        let timed = |case: fn(&Program) -> String| {
            let began = Instant::now();
            (case(program), began.elapsed())
        };
        let rows: Vec<_> = cases.iter().map(|(name, case)| (name, scope.spawn(move || timed(*case)))).collect();
        let (mut text, mut seconds) = (String::new(), String::new());
        for (name, row) in rows {
            let (row, took) = row.join().unwrap_or_else(|_| ("did not hold".to_owned(), Duration::ZERO));
            writeln!(text, "{name}: {row}").unwrap();
            write!(seconds, "{name} {:.0} s, ", took.as_secs_f32()).unwrap();
        }
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{}: {seconds}\n", program.agent));
        text
    })
}

/// One line: what came of a question.
fn outcome(user: &User, run: &Run) -> String {
    let json = run.any_json();
    let outcome = json["outcome"].as_str().unwrap_or_else(|| panic!("{run}"));
    match json["error"]["message"].as_str() {
        None => outcome.to_owned(),
        Some(message) => {
            let mut message = message.replace(user.model.host(), "gateway");
            // Whether it came to asking another host before it ended is a matter of moments.
            if let Some((said, _)) = message.split_once("; it was not let through to ") {
                message = said.to_owned();
            }
            let waited = message.split_once("wait time: ").and_then(|(_, rest)| rest.split_once(' '));
            if let Some(waited) = waited.map(|(seconds, _)| seconds.to_owned()) {
                message = message.replace(&waited, "so many");
            }
            format!("{outcome}: {message}\n    {}", json["error"]["hint"].as_str().unwrap_or_default())
        }
    }
}

/// The model looks, tries to change what it must not, and answers.
fn first(program: &Program) -> (User, Value, String) {
    let attempt = "echo planted > planted.py; echo planted >> shop/cookies.py; mv README.md gone.md; chmod 600 README.md; \
                   git -c user.name=a -c user.email=a@b commit --allow-empty -m planted; echo planted > .git/hooks/pre-commit";
    let script = json!({"turns": [
        program.runs("cat shop/cookies.py"),
        program.runs(attempt),
        {"text": ANSWER},
        {"text": "# Reading\n\nIt is read in `shop/cookies.py:28-32`."},
    ]});
    let user = User::new(program, &script, "");
    let before = user.repository();
    let first = user.asks(QUESTION).json();
    assert_eq!(first["outcome"], "kept", "{first}");
    assert_eq!(first["citations"][0]["path"], "shop/cookies.py");
    assert_eq!(user.repository(), before, "{} changed the repository", program.agent);
    let told = user.model.requests().last().unwrap()["body"].to_string();
    assert!(told.contains("class SignedCookies"), "it could not read");
    assert!(told.contains("Read-only file system"), "its shell was not refused by the kernel");
    let head = shown_head(&user, &first);
    (user, first, head)
}

/// Then it is asked again.
fn answers(program: &Program) -> String {
    let (user, first, head) = self::first(program);
    let second = user.asks("--follow @ and where are they read").json();
    assert_eq!(second["note"]["follows"], first["note"]["id"], "{second}");
    assert_eq!(second["note"]["agent"]["session"], first["note"]["agent"]["session"], "{second}");
    assert_eq!(second["note"]["title"], "Reading", "the session goes on: {second}");
    format!("{head}\n    {}", used(&user, &second))
}

/// Some count over the whole session: what each question used is told all the same.
fn goes_on(program: &Program) -> String {
    let again = |title: &str| json!({"text": format!("# {title}\n\nSee `shop/cookies.py:28-32`.")});
    let script = json!({"turns": [program.runs("ls"), {"text": ANSWER}, again("Second"), again("Third")]});
    let user = User::new(program, &script, "");
    let asked = [QUESTION, "--follow @ and where are they read", "--follow @ and who reads them"].map(|question| {
        let asked = user.asks(question).json();
        format!("{} {}", asked["note"]["title"].as_str().unwrap_or("-"), used(&user, &asked))
    });
    asked.join(", ")
}

/// What the note says of who answered.
fn shown_head(user: &User, asked: &Value) -> String {
    let agent = &asked["note"]["agent"];
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    assert!(agent["session"].as_str().is_some_and(|session| session.len() > 10), "{asked}");
    format!("{} {} {}", word(&agent["version"]), word(&agent["model"]), used(user, asked))
}

/// Its wall, and what it cost but the time.
fn used(user: &User, asked: &Value) -> String {
    let note = std::fs::read_to_string(user.env.base().join(asked["note"]["file"].as_str().unwrap())).unwrap();
    let of = |key: &str| note.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned();
    let usage = of("usage: ");
    let counted: Vec<&str> = usage.split(' ').filter(|word| !word.starts_with("seconds=")).collect();
    format!("{} {}", of("wall: "), counted.join(" ")).trim_end().to_owned()
}

/// A place that is not there goes back to the model, in the same session, once.
fn mends(program: &Program) -> String {
    let text = |place: &str| json!({"text": format!("# Cookies\n\nThe cookie is set by `save_cookie` in `{place}`.")});
    let script = json!({"turns": [program.runs("ls"), text("shop/gone.py:23-25"), text("shop/cookies.py:23-25")]});
    let user = User::new(program, &script, "");
    let asked = user.asks(QUESTION).json();
    assert_eq!(asked["citations"][0]["path"], "shop/cookies.py", "{asked}");
    let requests = user.model.requests();
    assert!(requests.len() == 3 && requests[2]["body"].to_string().contains("shop/gone.py:23-25"), "{asked}");
    used(&user, &asked)
}

/// One fault for ever, after the model has looked once.
pub(crate) fn fault(program: &Program, fault: &Value, most: usize) -> String {
    let mut faults = vec![json!({})];
    faults.extend(std::iter::repeat_n(fault.clone(), ALL));
    let text = "It is set in a place that takes a while to describe, because there is much to say about it. ".repeat(8);
    let script = json!({"turns": [program.runs("ls"), {"text": text}], "faults": faults});
    let user = User::new(program, &script, "");
    let began = Instant::now();
    let run = user.asks(QUESTION);
    assert!(began.elapsed() < BOUND, "{:?}: {run}", began.elapsed());
    let requests = user.model.requests().len();
    assert!(requests <= most, "{requests} requests: {run}");
    outcome(&user, &run)
}

fn breaks_once(program: &Program) -> String {
    let script = json!({"turns": [program.runs("ls"), {"text": ANSWER}], "faults": [{}, {"hang": 1}]});
    let user = User::new(program, &script, "");
    outcome(&user, &user.asks(QUESTION))
}

fn hangs(program: &Program) -> String {
    let script = json!({"turns": [program.runs("ls"), {"text": ANSWER}], "faults": [{}, {"hang": 300}]});
    let user = User::new(program, &script, "timeout = \"20s\"");
    let run = user.asks(QUESTION);
    assert!(user.env.notes().is_empty(), "{run}");
    outcome(&user, &run)
}

/// Ctrl-C.
fn cancelled_here(program: &Program) -> String {
    let (user, waits) = waiting(program);
    let mut ask = user.command(&format!("ask --json --agent {} {QUESTION}", program.agent));
    let mut asking = ask.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the command runs", || waits.iter().all(|word| lives(word)));
    let pid = rustix::process::Pid::from_child(&asking);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(asking.wait().unwrap().code(), Some(130));
    after_cancelling(&user, &waits)
}

/// `kb jobs cancel`, from elsewhere.
fn cancelled_elsewhere(program: &Program) -> String {
    let (user, waits) = waiting(program);
    let id = user.kb(&format!("ask --detach --agent {} {QUESTION}", program.agent)).ok();
    until("the command runs", || waits.iter().all(|word| lives(word)));
    user.kb(&format!("jobs cancel {id}")).ok();
    after_cancelling(&user, &waits)
}

/// Its model runs a command, and one that leaves it; how long they wait, by which they are known.
fn waiting(program: &Program) -> (User, [String; 2]) {
    let [staying, leaving] = [seconds(), seconds()];
    let command = format!("(setsid sleep {leaving} > /dev/null 2>&1 &) ; sleep {staying}");
    let user = User::new(program, &json!({"turns": [program.runs(&command), {"text": ANSWER}]}), "");
    (user, [staying, leaving])
}

/// Nothing lives on, and nothing was kept.
fn after_cancelling(user: &User, waits: &[String]) -> String {
    until("nothing lives on", || !waits.iter().any(|word| lives(word)));
    assert!(user.env.notes().is_empty());
    user.kb("jobs --json").json()["jobs"][0]["state"].as_str().unwrap().to_owned()
}

fn until(what: &str, is: impl Fn() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < BOUND, "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn tried(program: &Program) -> String {
    let script =
        json!({"turns": [program.runs("grep -n word hello.txt"), {"text": "The word is heron, in `hello.txt:1`."}]});
    let user = User::new(program, &script, "");
    let run = user.kb(&format!("agents check --json {}", program.agent));
    let told = user.model.requests().last().map(|request| request["body"].to_string()).unwrap_or_default();
    assert!(told.contains("1:the word is: heron"), "it could not read: {run}");
    format!("{}: {}", outcome(&user, &run), run.any_json()["answer"].as_str().unwrap_or_default())
}

/// A number of seconds that no other command waits.
fn seconds() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("9{:08}{:02}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
