//! opencode: how it is started without a terminal, and what its lines mean.

use super::reading::{self, Ending, Said, does, doing, text, variables};
use super::{
    Agent, AgentError, AgentStamp, Answer, Brief, Dialogue, Event, Exit, Expiry, Login, Needs, Program, Seed, Step,
    Usage,
};
use serde_json::{Value, json};
use std::ffi::OsString;

pub(super) struct Opencode;

/// What may stay of a user's settings: who serves models, nothing that names a program or a server.
const SETTINGS: [&str; 3] = ["provider", "enabled_providers", "disabled_providers"];
/// So many broken streams: it would ask again without end.
const MOST_BROKEN: u32 = 4;

impl Agent for Opencode {
    fn name(&self) -> &'static str {
        "opencode"
    }

    fn about(&self) -> super::About {
        super::About::service("opencode", "the provider of the model that you chose")
    }

    fn executable(&self) -> Option<&str> {
        Some("opencode")
    }

    fn package(&self) -> Option<&str> {
        Some("opencode-ai")
    }

    fn log_in(&self) -> Option<&str> {
        Some("run `opencode auth login`")
    }

    fn needs(&self) -> Needs {
        Needs {
            // The providers that most people have; others are named in the configuration.
            hosts: reading::names(&[
                "api.anthropic.com",
                "api.openai.com",
                "generativelanguage.googleapis.com",
                "openrouter.ai",
            ]),
            variables: variables(&[
                "ANTHROPIC_API_KEY",
                "GEMINI_API_KEY",
                "GOOGLE_GENERATIVE_AI_API_KEY",
                "OPENAI_API_KEY",
                "OPENROUTER_API_KEY",
            ]),
            seeds: [
                ".config/opencode/opencode.json",
                ".config/opencode/opencode.jsonc",
                ".config/opencode/config.json",
            ]
            .map(|file| Seed { file: file.to_owned(), keep: &SETTINGS })
            .into(),
            sessions: reading::names(&[
                ".local/share/opencode/storage",
                ".local/share/opencode/*.db",
                ".local/share/opencode/*.db-wal",
            ]),
            login: Some(Login {
                file: ".local/share/opencode/auth.json",
                access: &[],
                refresh: &[],
                expiry: Expiry::Never,
                renewed: &[],
            }),
            ..Needs::default()
        }
    }

    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError> {
        // Without a model it would choose one that somebody hosts.
        let Some(model) = brief.model else {
            return Err(AgentError::NoModel { agent: self.name().to_owned() });
        };
        let mut command: Vec<OsString> = vec![brief.executable.into()];
        command.extend(["run", "--format", "json", "--pure", "--agent", "kb", "-m", model].map(OsString::from));
        if let Some(session) = brief.session {
            command.extend([OsString::from("-s"), session.into()]);
        }
        let environment = [
            ("OPENCODE_CONFIG_CONTENT", settings(model, brief.walled).to_string()),
            ("OPENCODE_DISABLE_AUTOUPDATE", "1".to_owned()),
            ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned()),
            // Servers and instructions of the repository.
            ("OPENCODE_DISABLE_PROJECT_CONFIG", "1".to_owned()),
        ];
        Ok(Program {
            command,
            folder: brief.snapshot.root.clone(),
            environment: environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            files: Vec::new(),
            stdin: brief.prompt.as_bytes().to_vec(),
            talks: false,
            dialogue: Box::new(Lines {
                root: brief.snapshot.root.to_string_lossy().into_owned(),
                stamp: AgentStamp {
                    name: self.name().to_owned(),
                    version: None,
                    model: Some(model.to_owned()),
                    session: brief.session.map(str::to_owned),
                },
                ..Lines::default()
            }),
            time_limit: reading::TIME_LIMIT,
        })
    }
}

/// An agent of kb's own: what must be asked ends the run, and its own planner may write.
fn settings(model: &str, walled: bool) -> Value {
    let permission = match walled {
        // Nobody answers its questions; words of a web search would leave the machine.
        true => json!({"*": "allow", "question": "deny", "webfetch": "deny", "websearch": "deny"}),
        false => json!({"*": "deny", "read": "allow", "grep": "allow", "glob": "allow", "list": "allow"}),
    };
    json!({
        "autoupdate": false,
        "share": "disabled",
        // It titles its sessions with it: no other model learns of the question.
        "small_model": model,
        "agent": {"kb": {"mode": "primary", "description": "read-only research", "permission": permission}},
    })
}

/// Its lines: JSON objects with a `type` and a `part`.
#[derive(Default)]
struct Lines {
    root: String,
    stamp: AgentStamp,
    said: Said,
    usage: Usage,
    /// Why its last step ended, unless something came after it.
    reason: Option<String>,
    /// Streams that broke, one after another.
    broken: u32,
    error: Option<String>,
}

impl Dialogue for Lines {
    fn line(&mut self, line: &str, steps: &mut dyn FnMut(Step)) {
        let Ok(event) = serde_json::from_str::<Value>(line) else { return };
        if let Some(session) = text(&event, &["sessionID"]) {
            self.stamp.session = Some(session.to_owned());
        }
        let part = &event["part"];
        let kind = text(&event, &["type"]).unwrap_or_default();
        if self.reason.as_deref() == Some("unknown") && kind == "step_start" {
            self.said.forget();
        }
        match kind {
            "text" => {
                self.reason = None;
                self.said.add(text(part, &["text"]).unwrap_or_default());
            }
            "tool_use" => {
                (self.reason, self.broken) = (None, 0);
                self.said.turn();
                steps(doing(text(part, &["tool"]).unwrap_or_default(), &part["state"]["input"], &self.root));
            }
            "step_start" => self.reason = None,
            "step_finish" => self.finish(part, steps),
            "error" => {
                let error = &event["error"];
                let message = text(error, &["data", "message"]).or_else(|| text(error, &["name"]));
                let status = error["data"]["statusCode"].as_u64().map(|code| format!(" (status {code})"));
                self.error =
                    Some(format!("{}{}", message.unwrap_or("it does not say why"), status.unwrap_or_default()));
            }
            _ => {}
        }
    }

    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError> {
        let ending = Ending { agent: "opencode", exit, said: &self.said };
        if let Some(error) = &self.error {
            return Err(ending.failed(error));
        }
        if self.broken >= MOST_BROKEN {
            return Err(ending.incomplete("its stream broke again and again"));
        }
        if exit.code != Some(0) {
            return Err(ending.ended());
        }
        match self.reason.as_deref() {
            Some("stop") => ending.answer(self.said.answer(), self.stamp.clone(), self.usage.clone()),
            Some("length") => Err(ending.incomplete("the answer is longer than the model may write")),
            // A permission that nobody gave ends the run.
            Some("tool-calls") => Err(ending.incomplete("it ended after a tool that was refused")),
            Some("unknown") => Err(ending.incomplete("the stream was cut")),
            Some(other) => Err(ending.incomplete(&format!("it stopped: {other}"))),
            None => Err(ending.ended()),
        }
    }
}

impl Lines {
    fn finish(&mut self, part: &Value, steps: &mut dyn FnMut(Step)) {
        let count = |path: &[&str]| reading::at(part, path).as_u64().unwrap_or(0);
        let add = |sum: Option<u64>, more: u64| Some(sum.unwrap_or(0).saturating_add(more));
        let cached = count(&["tokens", "cache", "read"]).saturating_add(count(&["tokens", "cache", "write"]));
        self.usage.input = add(self.usage.input, count(&["tokens", "input"]).saturating_add(cached));
        let reasoning = count(&["tokens", "reasoning"]);
        self.usage.output = add(self.usage.output, count(&["tokens", "output"]).saturating_add(reasoning));
        if let Some(cost) = part["cost"].as_f64().filter(|cost| *cost > 0.0) {
            self.usage.usd = Some(self.usage.usd.unwrap_or(0.0) + cost);
        }
        steps(Step::Event(Event::Used(self.usage.clone())));
        self.reason = text(part, &["reason"]).map(str::to_owned);
        match self.reason.as_deref() {
            Some("unknown") => {
                self.broken += 1;
                steps(does("tries again: the stream was cut"));
                if self.broken == MOST_BROKEN {
                    steps(Step::Stop);
                }
            }
            _ => self.broken = 0,
        }
    }
}
