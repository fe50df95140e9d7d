//! Gemini CLI: how it is started without a terminal, and what its lines mean.

use super::reading::{self, Ending, Said, does, doing, text, unfinished, variables, without_restarts};
use super::{
    Agent, AgentError, AgentStamp, Answer, Brief, Dialogue, Event, Exit, Expiry, Login, Needs, Program, Step, Usage,
};
use serde_json::{Value, json};
use std::ffi::OsString;

/// As often is a request made at most.
const MOST_ATTEMPTS: u32 = 4;

pub(super) struct Gemini;

impl Agent for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn about(&self) -> super::About {
        super::About::service("Gemini CLI", "Google")
    }

    fn executable(&self) -> Option<&str> {
        Some("gemini")
    }

    fn package(&self) -> Option<&str> {
        Some("@google/gemini-cli")
    }

    fn log_in(&self) -> Option<&str> {
        Some("log in within `gemini`, or set `GEMINI_API_KEY`")
    }

    fn needs(&self) -> Needs {
        Needs {
            // With a key; with a login; the last two renew the login.
            hosts: reading::names(&[
                "generativelanguage.googleapis.com",
                "cloudcode-pa.googleapis.com",
                "oauth2.googleapis.com",
                "www.googleapis.com",
            ]),
            variables: variables(&[
                "GEMINI_API_KEY",
                "GEMINI_MODEL",
                "GOOGLE_API_KEY",
                "GOOGLE_CLOUD_LOCATION",
                "GOOGLE_CLOUD_PROJECT",
                "GOOGLE_GEMINI_BASE_URL",
                "GOOGLE_GENAI_USE_GCA",
                "GOOGLE_GENAI_USE_VERTEXAI",
            ]),
            sessions: reading::names(&[".gemini/projects.json", ".gemini/tmp/*.json", ".gemini/tmp/*.jsonl"]),
            login: Some(Login {
                file: ".gemini/oauth_creds.json",
                access: &["access_token"],
                refresh: &["refresh_token"],
                expiry: Expiry::Milliseconds(&["expiry_date"]),
                renewed: &[&["expiry_date"], &["id_token"]],
            }),
            ..Needs::default()
        }
    }

    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError> {
        let mut command: Vec<OsString> = vec![brief.executable.into()];
        // A trusted folder's hooks and servers would run; an untrusted one is refused unless it is skipped.
        command.extend(["--output-format", "stream-json", "--skip-trust", "--approval-mode"].map(OsString::from));
        command.push(if brief.walled { "yolo" } else { "default" }.into());
        for (flag, value) in [("--model", brief.model), ("--resume", brief.session)] {
            command.extend(value.into_iter().flat_map(|value| [OsString::from(flag), value.into()]));
        }
        Ok(Program {
            command,
            folder: brief.snapshot.root.clone(),
            environment: Vec::new(),
            files: vec![(".gemini/settings.json".to_owned(), settings(brief).to_string())],
            stdin: brief.prompt.as_bytes().to_vec(),
            talks: false,
            dialogue: Box::new(Lines {
                root: brief.snapshot.root.to_string_lossy().into_owned(),
                stamp: AgentStamp {
                    name: self.name().to_owned(),
                    version: None,
                    model: brief.model.map(str::to_owned),
                    session: brief.session.map(str::to_owned),
                },
                ..Lines::default()
            }),
            time_limit: reading::TIME_LIMIT,
        })
    }
}

/// It leaves its planning mode by itself, so only a list of tools keeps it from writing. Words of a
/// web search would leave the machine.
fn settings(brief: &Brief<'_>) -> Value {
    let set = |name: &str| brief.variables.iter().any(|variable| variable == name);
    let login = match () {
        () if set("GEMINI_API_KEY") => "gemini-api-key",
        () if set("GOOGLE_GENAI_USE_VERTEXAI") => "vertex-ai",
        () => "oauth-personal",
    };
    let mut tools = vec!["read_file", "grep_search", "glob", "list_directory"];
    if brief.walled {
        tools.push("run_shell_command");
    }
    json!({
        // Behind the wall there are no terminals.
        "tools": {"core": tools, "shell": {"enableInteractiveShell": false}},
        "security": {"auth": {"selectedType": login}},
        // A service that has too much to do would be asked for many minutes.
        "general": {"enableAutoUpdate": false, "maxAttempts": MOST_ATTEMPTS},
        "privacy": {"usageStatisticsEnabled": false},
    })
}

/// Its lines: JSON objects with a `type`.
#[derive(Default)]
struct Lines {
    root: String,
    stamp: AgentStamp,
    said: Said,
    /// It calls a loop that it detected a success.
    error: Option<String>,
    result: Value,
}

impl Dialogue for Lines {
    fn line(&mut self, line: &str, steps: &mut dyn FnMut(Step)) {
        let Ok(event) = serde_json::from_str::<Value>(line) else { return };
        match text(&event, &["type"]).unwrap_or_default() {
            "init" => {
                self.stamp.session = text(&event, &["session_id"]).map(str::to_owned);
                if let Some(model) = text(&event, &["model"]).filter(|model| *model != "auto") {
                    self.stamp.model = Some(model.to_owned());
                }
            }
            "message" if text(&event, &["role"]) == Some("assistant") => {
                self.said.push(text(&event, &["content"]).unwrap_or_default());
            }
            "tool_use" => {
                self.said.turn();
                let tool = text(&event, &["tool_name"]).unwrap_or_default();
                steps(doing(tool, &event["parameters"], &self.root));
            }
            "error" => {
                let message = text(&event, &["message"]).unwrap_or("it does not say why");
                steps(does(message));
                self.error = Some(message.to_owned());
            }
            "result" => {
                let (usage, model) = used(&event["stats"]);
                if let Some(model) = model {
                    self.stamp.model = Some(model);
                }
                steps(Step::Event(Event::Used(usage)));
                self.result = event;
            }
            _ => {}
        }
    }

    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError> {
        let exit = &reading::telling(exit);
        let ending = Ending { agent: "gemini", exit, said: &self.said };
        if self.result.is_null() {
            // It ends with exit code 0 when it is stopped.
            return Err(match &self.error {
                Some(error) => ending.failed(error),
                None => ending.ended(),
            });
        }
        if text(&self.result, &["status"]) != Some("success") {
            return Err(ending.failed(text(&self.result, &["error", "message"]).unwrap_or("it does not say why")));
        }
        if let Some(error) = &self.error {
            return Err(ending.incomplete(error));
        }
        if exit.code != Some(0) {
            return Err(ending.ended());
        }
        // The text of a broken attempt stays before that of the next one.
        let answer = without_restarts(self.said.answer());
        // A model that is stopped in mid-sentence is a success to it.
        if let Some(why) = unfinished(answer) {
            return Err(ending.incomplete(why));
        }
        ending.answer(answer, self.stamp.clone(), used(&self.result["stats"]).0)
    }
}

/// What its models used, and the one that wrote most.
fn used(stats: &Value) -> (Usage, Option<String>) {
    let models = || stats["models"].as_object().into_iter().flatten();
    let count = |model: &Value, name: &str| model[name].as_u64().unwrap_or(0);
    let sum = |name: &str| models().fold(0_u64, |sum, (_, model)| sum.saturating_add(count(model, name)));
    let most = models().max_by_key(|(_, model)| count(model, "output_tokens"));
    let usage = Usage { input: Some(sum("input_tokens")), output: Some(sum("output_tokens")), ..Usage::default() };
    (usage, most.filter(|(_, model)| count(model, "output_tokens") > 0).map(|(name, _)| name.clone()))
}
