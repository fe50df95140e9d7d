//! Any program that speaks the Agent Client Protocol (JSON-RPC, one message a line), as the user's
//! configuration names it.

use super::reading::{self, Ending, Said, at, does, text, unfinished, variables, without_restarts};
use super::{Agent, AgentError, AgentStamp, Answer, Brief, Dialogue, Event, Exit, Needs, Program, Step, Usage};
use serde_json::{Value, json};
use std::path::Path;

/// Programs that speak the protocol for another.
const COVERS: [(&str, &str); 3] =
    [("claude-agent-acp", "claude"), ("claude-code-acp", "claude"), ("codex-acp", "codex")];
/// The version of the protocol that kb speaks.
const VERSION: u32 = 1;
/// Ids of kb's requests, in their order.
const INITIALIZE: u64 = 1;
const SESSION: u64 = 2;
const PROMPT: u64 = 3;
const SETTLED: u64 = 4;
/// A request that means nothing to anyone, and that everybody answers.
const NOTHING: &str = "_kb/nothing";

/// A program that speaks the protocol.
#[derive(Clone, Debug)]
pub(super) struct Acp {
    /// What the user calls it.
    pub(super) name: String,
    /// The program and its arguments; not empty.
    pub(super) command: Vec<String>,
}

impl Agent for Acp {
    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> super::About {
        super::command::about(&self.command)
    }

    fn takes_model(&self) -> bool {
        false
    }

    fn executable(&self) -> Option<&str> {
        Some(self.command.first().map_or("", String::as_str))
    }

    fn package(&self) -> Option<&str> {
        self.kin().filter(|kin| kin.executable() == self.executable()).and_then(Agent::package)
    }

    fn log_in(&self) -> Option<&str> {
        self.kin().and_then(Agent::log_in)
    }

    fn service(&self, settings: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        self.kin().and_then(|kin| kin.service(settings))
    }

    fn needs(&self) -> Needs {
        // What the user's configuration names comes on top: without it others have no network.
        self.kin().map_or_else(|| Needs { variables: variables(&[]), ..Needs::default() }, Agent::needs)
    }

    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError> {
        let folder = brief.snapshot.root.clone();
        // It reads with its own tools, which the wall limits.
        let capabilities = json!({"fs": {"readTextFile": false, "writeTextFile": false}, "terminal": false});
        let client = json!({"name": "kb", "version": env!("CARGO_PKG_VERSION")});
        let hello = request(
            INITIALIZE,
            "initialize",
            &json!({"protocolVersion": VERSION, "clientCapabilities": capabilities, "clientInfo": client}),
        );
        let arguments = self.command.iter().skip(1).map(Into::into);
        // Settings and variables do the same to it; its command line is the user's.
        let kin = self.kin().and_then(|kin| kin.program(brief).ok());
        let (environment, files) = kin.map(|kin| (kin.environment, kin.files)).unwrap_or_default();
        Ok(Program {
            command: std::iter::once(brief.executable.into()).chain(arguments).collect(),
            environment,
            files,
            stdin: format!("{hello}\n").into_bytes(),
            talks: true,
            dialogue: Box::new(Talk {
                name: self.name.clone(),
                folder: folder.to_string_lossy().into_owned(),
                prompt: brief.prompt.to_owned(),
                resume: brief.session.map(str::to_owned),
                walled: brief.walled,
                version: None,
                session: None,
                step: Waiting::Hello,
                stirs: false,
                said: Said::default(),
                message: None,
                notice: None,
                usd: None,
                end: None,
            }),
            folder,
            time_limit: reading::TIME_LIMIT,
        })
    }
}

impl Acp {
    /// The agent whose login, settings and service this program shares: it is the same program, or a
    /// cover around it.
    fn kin(&self) -> Option<&'static dyn Agent> {
        let program = Path::new(self.command.first()?).file_name()?.to_str()?;
        let name = COVERS.iter().find(|(cover, _)| *cover == program).map_or(program, |(_, inside)| inside);
        super::by_name(name).filter(|kin| kin.executable().is_some())
    }
}

/// What kb waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Hello,
    Session,
    /// For the end of a loaded session's history.
    Quiet,
    Answer,
    Nothing,
}

/// How its turn ended.
enum End {
    /// Why it stopped, and what it used.
    Stopped(String, Usage),
    /// It refused a request, in its own words.
    Refused(String),
}

/// The client's side of the protocol.
struct Talk {
    name: String,
    folder: String,
    prompt: String,
    resume: Option<String>,
    walled: bool,
    version: Option<String>,
    session: Option<String>,
    step: Waiting,
    /// Something happened since kb last asked for nothing.
    stirs: bool,
    said: Said,
    /// The id of the message that comes in pieces.
    message: Option<String>,
    /// The last remark of the program itself.
    notice: Option<String>,
    usd: Option<f64>,
    end: Option<End>,
}

impl Dialogue for Talk {
    fn line(&mut self, line: &str, steps: &mut dyn FnMut(Step)) {
        let Ok(message) = serde_json::from_str::<Value>(line) else { return };
        match text(&message, &["method"]) {
            Some("session/update") => self.update(at(&message, &["params", "update"]), steps),
            Some(method) if !message["id"].is_null() => steps(Step::Send(self.reply(method, &message).to_string())),
            Some(_) => {}
            None if self.step == Waiting::Quiet && message["id"] == SETTLED => self.settle(steps),
            None if !message["error"].is_null() => self.stop(End::Refused(refusal(&message["error"])), steps),
            None => self.result(&message, steps),
        }
    }

    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError> {
        let exit = &reading::telling(exit);
        let ending = Ending { agent: &self.name, exit, said: &self.said };
        let (reason, usage) = match &self.end {
            None => return Err(ending.ended()),
            Some(End::Refused(why)) => return Err(ending.failed(why)),
            Some(End::Stopped(reason, usage)) => (reason.as_str(), usage),
        };
        if reason != "end_turn" {
            return Err(ending.incomplete(&format!("it stopped: {}", reason.replace('_', " "))));
        }
        let answer = without_restarts(self.said.answer());
        if answer.is_empty() {
            return Err(match &self.notice {
                Some(notice) => ending.failed(notice),
                None => ending.incomplete("no answer came after the last tool"),
            });
        }
        if let Some(why) = unfinished(answer) {
            return Err(ending.incomplete(why));
        }
        let stamp = AgentStamp {
            name: self.name.clone(),
            version: self.version.clone(),
            model: None,
            session: self.session.clone(),
        };
        ending.answer(answer, stamp, Usage { usd: self.usd, ..usage.clone() })
    }
}

impl Talk {
    /// The answer to a request of kb's.
    fn result(&mut self, message: &Value, steps: &mut dyn FnMut(Step)) {
        let result = &message["result"];
        match (self.step, message["id"].as_u64()) {
            (Waiting::Hello, Some(INITIALIZE)) => {
                self.version = text(result, &["agentInfo", "version"]).map(str::to_owned);
                let loads = at(result, &["agentCapabilities", "loadSession"]).as_bool() == Some(true);
                let (method, parameters) = match &self.resume {
                    None => ("session/new", json!({"cwd": self.folder, "mcpServers": []})),
                    Some(session) if loads => {
                        ("session/load", json!({"sessionId": session, "cwd": self.folder, "mcpServers": []}))
                    }
                    Some(_) => {
                        return self.stop(End::Refused("no session can be gone on in".to_owned()), steps);
                    }
                };
                self.step = Waiting::Session;
                steps(Step::Send(request(SESSION, method, &parameters)));
            }
            (Waiting::Session, Some(SESSION)) => {
                self.session = text(result, &["sessionId"]).map(str::to_owned).or_else(|| self.resume.clone());
                match self.resume {
                    Some(_) => {
                        self.step = Waiting::Quiet;
                        steps(Step::Send(request(SETTLED, NOTHING, &json!({}))));
                    }
                    None => self.ask(steps),
                }
            }
            (Waiting::Answer, Some(PROMPT)) => {
                let reason = text(result, &["stopReason"]).unwrap_or("unknown").to_owned();
                self.stop(End::Stopped(reason, usage(result)), steps);
            }
            _ => {}
        }
    }

    fn ask(&mut self, steps: &mut dyn FnMut(Step)) {
        self.step = Waiting::Answer;
        let words = json!([{"type": "text", "text": self.prompt}]);
        let parameters = json!({"sessionId": self.session, "prompt": words});
        steps(Step::Send(request(PROMPT, "session/prompt", &parameters)));
    }

    /// Some say that a session is loaded before they have told its history, which would then pass for the
    /// answer: so kb asks only when nothing comes any more between two of its messages.
    fn settle(&mut self, steps: &mut dyn FnMut(Step)) {
        match std::mem::take(&mut self.stirs) {
            true => steps(Step::Send(request(SETTLED, NOTHING, &json!({})))),
            false => self.ask(steps),
        }
    }

    fn stop(&mut self, end: End, steps: &mut dyn FnMut(Step)) {
        if self.step != Waiting::Nothing {
            self.step = Waiting::Nothing;
            self.end = Some(end);
            steps(Step::HangUp);
        }
    }

    /// What happens meanwhile. A session that is loaded tells its history first: that is no answer.
    fn update(&mut self, update: &Value, steps: &mut dyn FnMut(Step)) {
        if self.step != Waiting::Answer {
            self.stirs = true;
            return;
        }
        match text(update, &["sessionUpdate"]).unwrap_or_default() {
            "agent_message_chunk" => {
                let piece = text(update, &["content", "text"]).unwrap_or_default();
                if is_notice(piece) {
                    self.notice = Some(piece.to_owned());
                    return;
                }
                let message = text(update, &["messageId"]).map(str::to_owned);
                match message == self.message {
                    true => self.said.push(piece),
                    false => self.said.add(piece),
                }
                self.message = message;
            }
            kind @ ("tool_call" | "tool_call_update") => {
                self.said.turn();
                if let Some(title) = text(update, &["title"])
                    && kind == "tool_call"
                {
                    steps(does(title));
                }
            }
            "usage_update" => {
                if let Some(amount) = at(update, &["cost", "amount"]).as_f64() {
                    self.usd = Some(amount);
                    steps(Step::Event(Event::Used(Usage { usd: self.usd, ..Usage::default() })));
                }
            }
            _ => {}
        }
    }

    /// A request of the agent's. Within a wall it may do what it likes: the kernel refuses the rest.
    fn reply(&self, method: &str, message: &Value) -> Value {
        if method != "session/request_permission" {
            let error = json!({"code": -32601, "message": "kb does not offer this"});
            return json!({"jsonrpc": "2.0", "id": message["id"], "error": error});
        }
        let options = at(message, &["params", "options"]).as_array();
        let of_kind = |kind: &str| options?.iter().find(|option| option["kind"] == kind)?["optionId"].as_str();
        let choice = match self.walled {
            true => of_kind("allow_once").or_else(|| of_kind("allow_always")),
            false => of_kind("reject_once").or_else(|| of_kind("reject_always")),
        };
        let outcome = match choice {
            Some(option) => json!({"outcome": "selected", "optionId": option}),
            None => json!({"outcome": "cancelled"}),
        };
        json!({"jsonrpc": "2.0", "id": message["id"], "result": {"outcome": outcome}})
    }
}

fn request(id: u64, method: &str, parameters: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}).to_string()
}

/// What an error says, in all its parts.
fn refusal(error: &Value) -> String {
    let data = ["message", "details", "errorKind"].map(|key| text(error, &["data", key]));
    let parts = [text(error, &["message"]), error["data"].as_str()].into_iter().chain(data);
    let parts: Vec<&str> = parts.flatten().collect();
    if parts.is_empty() { "it does not say why".to_owned() } else { parts.join(": ") }
}

/// Whether the program speaks and not the model: nothing else in the protocol tells them apart.
fn is_notice(piece: &str) -> bool {
    ["Info: ", "Error: ", "Warning: ", "Model metadata for "].iter().any(|start| piece.starts_with(start))
}

/// Counted in one of two places.
fn usage(result: &Value) -> Usage {
    let count = |path: &[&str]| at(result, path).as_u64();
    let sum = |names: &[&str]| {
        let counts: Vec<u64> = names.iter().filter_map(|name| count(&["usage", name])).collect();
        // None were counted where the answer came in one piece.
        counts.into_iter().reduce(u64::saturating_add).filter(|count| *count > 0)
    };
    Usage {
        input: sum(&["inputTokens", "cachedReadTokens", "cachedWriteTokens"])
            .or_else(|| count(&["_meta", "quota", "token_count", "input_tokens"])),
        output: sum(&["outputTokens"]).or_else(|| count(&["_meta", "quota", "token_count", "output_tokens"])),
        ..Usage::default()
    }
}
