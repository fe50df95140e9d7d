//! Codex CLI: how it is started without a terminal, and what its lines mean.

use super::reading::{self, Ending, Said, does, text, variables};
use super::{
    Agent, AgentError, AgentStamp, Answer, Brief, Dialogue, Event, Exit, Expiry, Login, Moved, Needs, Program, Seed,
    Step, Trouble, Usage,
};
use serde_json::Value;
use std::ffi::OsString;

pub(super) struct Codex;

/// The user's own settings.
const SETTINGS_FILE: &str = ".codex/config.toml";

/// A login that was refused as often will not be accepted.
const MOST_REFUSED: u32 = 2;
/// What may stay of a user's `config.toml`: models and who serves them, nothing that names a program.
const SETTINGS: [&str; 7] = [
    "model",
    "model_provider",
    "model_providers",
    "model_context_window",
    "model_reasoning_effort",
    "model_reasoning_summary",
    "model_verbosity",
];

impl Agent for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn about(&self) -> super::About {
        super::About::service("Codex CLI", "OpenAI")
    }

    fn executable(&self) -> Option<&str> {
        Some("codex")
    }

    fn package(&self) -> Option<&str> {
        Some("@openai/codex")
    }

    fn log_in(&self) -> Option<&str> {
        Some("run `codex login`, or set `CODEX_API_KEY`")
    }

    fn service(&self, settings: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let settings: Value = toml::from_str(&settings(SETTINGS_FILE)?).ok()?;
        let provider = text(&settings, &["model_provider"])?;
        text(&settings, &["model_providers", provider, "base_url"]).map(str::to_owned)
    }

    fn needs(&self) -> Needs {
        Needs {
            // With a key, with a login, to renew the login.
            hosts: reading::names(&["api.openai.com", "chatgpt.com", "auth.openai.com"]),
            variables: variables(&["CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"]),
            seeds: vec![Seed { file: SETTINGS_FILE.to_owned(), keep: &SETTINGS }],
            sessions: reading::names(&[".codex/sessions/*.jsonl"]),
            moved: Some(Moved { variable: "CODEX_HOME", folder: ".codex" }),
            login: Some(Login {
                file: ".codex/auth.json",
                access: &["tokens", "access_token"],
                refresh: &["tokens", "refresh_token"],
                expiry: Expiry::Jwt,
                renewed: &[&["tokens", "id_token"], &["last_refresh"]],
            }),
            ..Needs::default()
        }
    }

    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError> {
        let mut command: Vec<OsString> = vec![brief.executable.into()];
        command.extend(["exec", "--json", "--skip-git-repo-check", "--ignore-rules"].map(OsString::from));
        command.extend(
            match brief.walled {
                // Its own sandbox cannot start within the wall: every command would fail, unseen.
                true => ["--dangerously-bypass-approvals-and-sandbox"].as_slice(),
                false => &["--sandbox", "read-only"],
            }
            .iter()
            .map(OsString::from),
        );
        // Words of a search leave the machine; plugins are fetched; a key is no business of a command.
        for setting in [
            "web_search=\"disabled\"",
            "features.plugins=false",
            "shell_environment_policy.ignore_default_excludes=false",
        ] {
            command.extend([OsString::from("-c"), setting.into()]);
        }
        if let Some(model) = brief.model {
            command.extend([OsString::from("-m"), model.into()]);
        }
        if let Some(session) = brief.session {
            command.extend([OsString::from("resume"), session.into()]);
        }
        command.push("-".into());
        Ok(Program {
            command,
            folder: brief.snapshot.root.clone(),
            environment: Vec::new(),
            files: Vec::new(),
            stdin: brief.prompt.as_bytes().to_vec(),
            talks: false,
            dialogue: Box::new(Lines {
                resumed: brief.session.is_some(),
                before: brief.used_before.cloned().unwrap_or_default(),
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

/// Its lines: JSON objects with a `type`; text shows only when a message is complete.
#[derive(Default)]
struct Lines {
    resumed: bool,
    before: Usage,
    stamp: AgentStamp,
    said: Said,
    /// Whether it used any tool.
    looked: bool,
    /// The last message was cut by a filter: what follows goes on from there.
    filtered: bool,
    used: Option<Usage>,
    /// How often the login was refused.
    refused: u32,
    /// The last error, which it may have got over.
    error: Option<String>,
    /// Why it gave up.
    failed: Option<String>,
}

impl Dialogue for Lines {
    fn line(&mut self, line: &str, steps: &mut dyn FnMut(Step)) {
        let Ok(event) = serde_json::from_str::<Value>(line) else { return };
        match text(&event, &["type"]).unwrap_or_default() {
            "thread.started" => self.stamp.session = text(&event, &["thread_id"]).map(str::to_owned),
            kind @ ("item.started" | "item.completed") => self.item(kind, &event["item"], steps),
            "error" => {
                let message = text(&event, &["message"]).unwrap_or_default();
                self.filtered |= message.contains("content_filter");
                if message.starts_with("Reconnecting") {
                    steps(does(&format!("tries again: {message}")));
                    self.refused += u32::from(reading::trouble(message) == Trouble::Login);
                    // It would begin anew by another way.
                    if self.refused == MOST_REFUSED {
                        steps(Step::Stop);
                    }
                }
                // What is behind `Reconnecting... 2/5` stands in brackets.
                let inner = message.strip_prefix("Reconnecting").and_then(|rest| rest.split_once('('));
                let inner = inner.map(|(_, why)| why.strip_suffix(')').unwrap_or(why));
                self.error = Some(inner.unwrap_or(message).to_owned());
            }
            "turn.failed" => {
                let why = text(&event, &["error", "message"]).or(self.error.as_deref());
                self.failed = Some(why.unwrap_or("it does not say why").to_owned());
            }
            "turn.completed" => {
                let usage = self.usage(&event["usage"]);
                steps(Step::Event(Event::Used(usage.clone())));
                self.used = Some(usage);
            }
            _ => {}
        }
    }

    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError> {
        // The last words of a program that kb stopped are about that.
        let silent = Exit { code: exit.code, stderr: String::new() };
        let exit = if self.refused >= MOST_REFUSED { &silent } else { exit };
        let ending = Ending { agent: "codex", exit, said: &self.said };
        if let Some(why) = &self.failed {
            return Err(ending.failed(why));
        }
        let Some(usage) = &self.used else {
            return Err(match &self.error {
                Some(error) => ending.failed(error),
                None => ending.ended(),
            });
        };
        if exit.code != Some(0) {
            return Err(ending.ended());
        }
        if self.filtered {
            return Err(ending.incomplete("a content filter stopped it in the middle"));
        }
        if !self.looked && !self.resumed && !self.said.answer().is_empty() {
            let (agent, partial) = (self.stamp.name.clone(), self.said.everything());
            return Err(AgentError::Unfounded { agent, partial });
        }
        ending.answer(self.said.answer(), self.stamp.clone(), usage.clone())
    }
}

impl Lines {
    fn item(&mut self, kind: &str, item: &Value, steps: &mut dyn FnMut(Step)) {
        match text(item, &["type"]).unwrap_or_default() {
            "agent_message" if kind == "item.completed" => {
                // The last message is the answer; those before it are remarks.
                self.said.turn();
                self.said.push(text(item, &["text"]).unwrap_or_default());
            }
            "agent_message" | "error" | "reasoning" | "todo_list" | "" => {}
            tool => {
                self.looked = true;
                self.said.turn();
                if kind == "item.started" {
                    steps(match text(item, &["command"]) {
                        Some(command) => does(&format!("runs {}", bare(command))),
                        None => does(&format!("uses {}", tool.replace('_', " "))),
                    });
                }
            }
        }
    }

    /// It counts over the whole thread, so what was used before is taken off.
    fn usage(&self, counts: &Value) -> Usage {
        let since = |name: &str, before: Option<u64>| {
            counts[name].as_u64().map(|count| count.saturating_sub(before.unwrap_or(0)))
        };
        Usage {
            input: since("input_tokens", self.before.input),
            output: since("output_tokens", self.before.output),
            usd: None,
            seconds: None,
        }
    }
}

/// A command without the shell around it.
fn bare(command: &str) -> &str {
    let script = ["/bin/bash -lc ", "bash -lc ", "/bin/sh -c "].iter().find_map(|shell| command.strip_prefix(shell));
    script.map_or(command, |script| script.trim_matches(['\'', '"']))
}
