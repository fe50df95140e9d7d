//! GitHub Copilot CLI: how it is started without a terminal, and what its lines mean.

use super::reading::{self, Ending, Said, does, doing, text, unfinished, variables};
use super::{Agent, AgentError, AgentStamp, Answer, Brief, Dialogue, Exit, Expiry, Login, Needs, Program, Step, Usage};
use serde_json::Value;
use std::ffi::OsString;

pub(super) struct Copilot;

impl Agent for Copilot {
    fn name(&self) -> &'static str {
        "copilot"
    }

    fn about(&self) -> super::About {
        super::About::service("GitHub Copilot CLI", "GitHub")
    }

    fn executable(&self) -> Option<&str> {
        Some("copilot")
    }

    fn package(&self) -> Option<&str> {
        Some("@github/copilot")
    }

    fn log_in(&self) -> Option<&str> {
        Some("run `copilot login`, or set `COPILOT_GITHUB_TOKEN`")
    }

    fn needs(&self) -> Needs {
        Needs {
            // Each kind of plan has a host of its own.
            hosts: reading::names(&[
                "api.github.com",
                "api.githubcopilot.com",
                "api.individual.githubcopilot.com",
                "api.business.githubcopilot.com",
                "api.enterprise.githubcopilot.com",
            ]),
            variables: variables(&[
                "COPILOT_GITHUB_TOKEN",
                "COPILOT_MODEL",
                "COPILOT_OFFLINE",
                "COPILOT_PROVIDER_API_KEY",
                "COPILOT_PROVIDER_BASE_URL",
                "COPILOT_PROVIDER_BEARER_TOKEN",
                "COPILOT_PROVIDER_TYPE",
                "GH_TOKEN",
                "GITHUB_TOKEN",
            ]),
            sessions: reading::names(&[".copilot/session-state", ".copilot/*.db", ".copilot/*.db-wal"]),
            login: Some(Login {
                file: ".copilot/config.json",
                access: &["copilotTokens"],
                refresh: &[],
                expiry: Expiry::Never,
                renewed: &[],
            }),
            ..Needs::default()
        }
    }

    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError> {
        let mut command: Vec<OsString> = vec![brief.executable.into()];
        command.extend(
            ["--output-format", "json", "--no-ask-user", "--no-auto-update", "--disable-builtin-mcps"]
                .map(OsString::from),
        );
        // Instructions of the repository are not the user's.
        command.push("--no-custom-instructions".into());
        command.extend(
            match brief.walled {
                true => ["--allow-all", "--available-tools=bash,read_bash,stop_bash,view,grep,glob"].as_slice(),
                false => &["--available-tools=view,grep,glob"],
            }
            .iter()
            .map(OsString::from),
        );
        if let Some(model) = brief.model {
            command.extend([OsString::from("--model"), model.into()]);
        }
        // It tells its session in its last line only, so the session of a run that is cut must be chosen.
        let session = brief.session.map_or_else(|| uuid(brief.job), str::to_owned);
        command.push(match brief.session {
            Some(session) => format!("--resume={session}").into(),
            None => format!("--session-id={session}").into(),
        });
        Ok(Program {
            command,
            folder: brief.snapshot.root.clone(),
            environment: Vec::new(),
            files: Vec::new(),
            stdin: brief.prompt.as_bytes().to_vec(),
            talks: false,
            dialogue: Box::new(Lines {
                root: brief.snapshot.root.to_string_lossy().into_owned(),
                stamp: AgentStamp {
                    name: self.name().to_owned(),
                    version: None,
                    model: brief.model.map(str::to_owned),
                    session: Some(session),
                },
                ..Lines::default()
            }),
            time_limit: reading::TIME_LIMIT,
        })
    }
}

/// A UUID of version 8 that only this job has.
fn uuid(job: &str) -> String {
    let hash = blake3::hash(format!("session of {job}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Its lines: JSON objects with a `type` and `data`.
#[derive(Default)]
struct Lines {
    root: String,
    stamp: AgentStamp,
    said: Said,
    /// Deltas of a message that is not whole yet.
    coming: String,
    error: Option<String>,
    aborted: bool,
    result: Value,
}

impl Dialogue for Lines {
    fn line(&mut self, line: &str, steps: &mut dyn FnMut(Step)) {
        let Ok(event) = serde_json::from_str::<Value>(line) else { return };
        let data = &event["data"];
        match text(&event, &["type"]).unwrap_or_default() {
            "assistant.message_start" | "assistant.turn_retry" => self.coming.clear(),
            "assistant.message_delta" => self.coming.push_str(text(data, &["deltaContent"]).unwrap_or_default()),
            "assistant.message" => self.message(data),
            // Cut by the limit of its length: the rest follows as a message of its own.
            "assistant.turn_end" => self.said.add(&std::mem::take(&mut self.coming)),
            "tool.execution_start" => {
                self.said.turn();
                steps(doing(text(data, &["toolName"]).unwrap_or_default(), &data["arguments"], &self.root));
            }
            "session.info" if text(data, &["infoType"]) == Some("model_retry") => {
                steps(does(&format!("tries again: {}", text(data, &["message"]).unwrap_or_default())));
            }
            "session.error" => self.error = text(data, &["message"]).map(str::to_owned),
            "abort" | "agent.interrupted" => self.aborted = true,
            "result" => {
                if let Some(session) = text(&event, &["sessionId"]) {
                    self.stamp.session = Some(session.to_owned());
                }
                self.result = event;
            }
            _ => {}
        }
    }

    fn end(mut self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError> {
        let coming = std::mem::take(&mut self.coming);
        let cut = !coming.is_empty();
        self.said.add(&coming);
        let exit = &reading::telling(exit);
        let ending = Ending { agent: "copilot", exit, said: &self.said };
        if let Some(error) = &self.error {
            return Err(ending.failed(error));
        }
        // It reports 0 when it is stopped.
        if self.aborted {
            return Err(ending.incomplete("it was stopped"));
        }
        if exit.code != Some(0) || self.result["exitCode"].as_i64() != Some(0) {
            return Err(ending.ended());
        }
        if cut {
            return Err(ending.incomplete("the stream was cut"));
        }
        // A model that is stopped in mid-sentence is a success to it.
        if let Some(why) = unfinished(self.said.answer()) {
            return Err(ending.incomplete(why));
        }
        ending.answer(self.said.answer(), self.stamp.clone(), Usage::default())
    }
}

impl Lines {
    fn message(&mut self, data: &Value) {
        self.coming.clear();
        self.said.add(text(data, &["content"]).unwrap_or_default());
        if let Some(model) = text(data, &["model"]) {
            self.stamp.model = Some(model.to_owned());
        }
        if data["toolRequests"].as_array().is_some_and(|requests| !requests.is_empty()) {
            self.said.turn();
        }
    }
}
