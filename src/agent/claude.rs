//! Claude Code: how it is started without a terminal, and what its lines mean.

use super::reading::{self, Ending, Said, at, does, doing, text, variables};
use super::{
    Agent, AgentError, AgentStamp, Answer, Brief, Dialogue, Event, Exit, Expiry, Login, Moved, Needs, Program, Seed,
    Step, Usage,
};
use serde_json::Value;
use std::collections::HashMap;
use std::ffi::OsString;

/// Settings can name hooks, servers and helper programs; these cannot.
const SETTINGS: [&str; 4] = ["model", "effortLevel", "alwaysThinkingEnabled", "language"];

/// A login that was refused as often will not be accepted.
const MOST_REFUSED: u32 = 2;

pub(super) struct Claude;

impl Agent for Claude {
    fn name(&self) -> &'static str {
        "claude"
    }

    fn about(&self) -> super::About {
        super::About::service("Claude Code", "Anthropic")
    }

    fn takes_max_cost(&self) -> bool {
        true
    }

    fn executable(&self) -> Option<&str> {
        Some("claude")
    }

    fn package(&self) -> Option<&str> {
        Some("@anthropic-ai/claude-code")
    }

    fn log_in(&self) -> Option<&str> {
        Some("run `claude auth login`, or set `ANTHROPIC_API_KEY`")
    }

    fn needs(&self) -> Needs {
        Needs {
            // The second renews its login.
            hosts: reading::names(&["api.anthropic.com", "platform.claude.com"]),
            variables: variables(&[
                "ANTHROPIC_API_KEY",
                "ANTHROPIC_AUTH_TOKEN",
                "ANTHROPIC_BASE_URL",
                "ANTHROPIC_CUSTOM_HEADERS",
                "ANTHROPIC_MODEL",
                "CLAUDE_CODE_OAUTH_TOKEN",
            ]),
            seeds: vec![Seed { file: ".claude/settings.json".to_owned(), keep: &SETTINGS }],
            sessions: reading::names(&[".claude/projects/*.jsonl"]),
            moved: Some(Moved { variable: "CLAUDE_CONFIG_DIR", folder: ".claude" }),
            login: Some(Login {
                file: ".claude/.credentials.json",
                access: &["claudeAiOauth", "accessToken"],
                refresh: &["claudeAiOauth", "refreshToken"],
                expiry: Expiry::Milliseconds(&["claudeAiOauth", "expiresAt"]),
                renewed: &[&["claudeAiOauth", "expiresAt"]],
            }),
            ..Needs::default()
        }
    }

    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError> {
        let mut command: Vec<OsString> = vec![brief.executable.into()];
        command.extend(["-p", "--output-format", "stream-json", "--verbose"].map(OsString::from));
        // Hooks and servers of the repository would be its programs; its instructions are not the user's.
        command.extend(["--strict-mcp-config", "--setting-sources", "user"].map(OsString::from));
        command.extend(
            match brief.walled {
                true => ["--dangerously-skip-permissions", "--tools", "Bash,Read,Grep,Glob"].as_slice(),
                false => &["--permission-mode", "dontAsk", "--tools", "Read,Grep,Glob"],
            }
            .iter()
            .map(OsString::from),
        );
        for (flag, value) in [
            ("--model", brief.model.map(str::to_owned)),
            ("--resume", brief.session.map(str::to_owned)),
            ("--max-budget-usd", brief.max_cost.map(|cost| cost.to_string())),
        ] {
            command.extend(value.into_iter().flat_map(|value| [OsString::from(flag), value.into()]));
        }
        let mut environment = vec![
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("DISABLE_AUTOUPDATER", "1"),
            // A service that has too much to do would be asked for three minutes.
            ("CLAUDE_CODE_MAX_RETRIES", "6"),
        ];
        if brief.walled {
            // Without it root may not skip the questions that the wall makes needless.
            environment.push(("IS_SANDBOX", "1"));
        }
        Ok(Program {
            command,
            folder: brief.snapshot.root.clone(),
            environment: environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            files: Vec::new(),
            stdin: brief.prompt.as_bytes().to_vec(),
            talks: false,
            dialogue: Box::new(Lines {
                root: brief.snapshot.root.to_string_lossy().into_owned(),
                stamp: AgentStamp {
                    name: self.name().to_owned(),
                    session: brief.session.map(str::to_owned),
                    ..AgentStamp::default()
                },
                ..Lines::default()
            }),
            time_limit: reading::TIME_LIMIT,
        })
    }
}

/// Its lines: JSON objects with a `type`.
#[derive(Default)]
struct Lines {
    root: String,
    stamp: AgentStamp,
    said: Said,
    /// Tokens read, by message: several lines share one.
    read: HashMap<String, u64>,
    /// How often the login was refused.
    refused: u32,
    result: Value,
}

impl Dialogue for Lines {
    fn line(&mut self, line: &str, steps: &mut dyn FnMut(Step)) {
        let Ok(event) = serde_json::from_str::<Value>(line) else { return };
        if let Some(session) = text(&event, &["session_id"]) {
            self.stamp.session = Some(session.to_owned());
        }
        match (text(&event, &["type"]), text(&event, &["subtype"])) {
            (Some("system"), Some("init")) => {
                self.stamp.version = text(&event, &["claude_code_version"]).map(str::to_owned);
                // A suffix in brackets names the size of its memory.
                let model = text(&event, &["model"]).and_then(|model| model.split('[').next());
                self.stamp.model = model.map(str::to_owned);
            }
            (Some("system"), Some("api_retry")) => {
                let why = text(&event, &["error"]).unwrap_or("unknown").replace('_', " ");
                steps(does(&format!("tries again: {why}")));
                if why == "authentication failed" {
                    self.refused += 1;
                    // Once, and it may renew it. It would go on for minutes.
                    if self.refused == MOST_REFUSED {
                        steps(Step::Stop);
                    }
                }
            }
            (Some("assistant"), _) => self.message(&event, steps),
            (Some("result"), _) => self.result = event,
            _ => {}
        }
    }

    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError> {
        let ending = Ending { agent: "claude", exit, said: &self.said };
        let result = &self.result;
        if result.is_null() && self.refused >= MOST_REFUSED {
            return Err(ending.failed("authentication failed: the login is not accepted"));
        }
        if result.is_null() {
            return Err(ending.ended());
        }
        let stop = text(result, &["stop_reason"]);
        if stop == Some("refusal") {
            return Err(ending.incomplete("the model refused to go on"));
        }
        let subtype = text(result, &["subtype"]).unwrap_or_default();
        if at(result, &["is_error"]).as_bool() != Some(false) || subtype != "success" {
            // What begins with a bracket is for its makers.
            let error = result["errors"][0].as_str().filter(|error| !error.starts_with('['));
            let said = text(result, &["result"]).or(error);
            return Err(ending.failed(said.unwrap_or(&subtype.replace('_', " "))));
        }
        match stop {
            Some("end_turn") => {}
            // What it says then is how the turn before ended.
            None | Some("tool_use") => return Err(ending.incomplete("the stream was cut")),
            Some(other) => return Err(ending.incomplete(&format!("it stopped: {}", other.replace('_', " ")))),
        }
        let usage = usage(result);
        if exit.code != Some(0) {
            return Err(ending.ended());
        }
        if usage.output.unwrap_or(0) == 0 {
            return Err(ending.incomplete("it counts no tokens: the stream was cut"));
        }
        // Its own `result` is only the last piece.
        ending.answer(self.said.answer(), self.stamp.clone(), usage)
    }
}

impl Lines {
    fn message(&mut self, event: &Value, steps: &mut dyn FnMut(Step)) {
        let message = &event["message"];
        let model = text(message, &["model"]).unwrap_or_default();
        if model == "<synthetic>" {
            return; // the program speaks, not the model
        }
        let helper = !event["parent_tool_use_id"].is_null();
        if !helper && !model.is_empty() {
            self.stamp.model = Some(model.to_owned());
        }
        for block in message["content"].as_array().into_iter().flatten() {
            match text(block, &["type"]) {
                Some("text") if !helper => self.said.add(text(block, &["text"]).unwrap_or_default()),
                Some("tool_use") => {
                    if !helper {
                        self.said.turn();
                    }
                    steps(doing(text(block, &["name"]).unwrap_or_default(), &block["input"], &self.root));
                }
                _ => {}
            }
        }
        let read =
            tokens(&message["usage"], &["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]);
        let id = text(message, &["id"]).unwrap_or_default();
        if self.read.insert(id.to_owned(), read) != Some(read) {
            let input = self.read.values().fold(0, |sum: u64, read| sum.saturating_add(*read));
            steps(Step::Event(Event::Used(Usage { input: Some(input), ..Usage::default() })));
        }
    }
}

fn tokens(counts: &Value, names: &[&str]) -> u64 {
    names.iter().filter_map(|name| counts[*name].as_u64()).fold(0, u64::saturating_add)
}

/// Counted by model: `usage` beside it is zero when the answer came in one piece.
fn usage(result: &Value) -> Usage {
    let models = || result["modelUsage"].as_object().into_iter().flat_map(serde_json::Map::values);
    let sum = |names: &[&str]| models().map(|model| tokens(model, names)).fold(0, u64::saturating_add);
    Usage {
        input: Some(sum(&["inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens"])),
        output: Some(sum(&["outputTokens"])),
        usd: result["total_cost_usd"].as_f64(),
        seconds: None,
    }
}
