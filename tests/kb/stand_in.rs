//! A script that speaks as Claude Code does, on the path of whoever asks.

use crate::harness::{Env, Run};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Sets `$text` to what it answers, line feeds as `^`; `$told` is what it was told, on one line.
pub(crate) fn claude(env: Env, answers: &str) -> Env {
    let folder = env.home().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let script = r#"#!/bin/sh
told=$(cat | tr '\n"' ' ~')
mkdir -p ~/.claude/projects/x && echo '{}' >> ~/.claude/projects/x/s1.jsonl
ANSWERS
text=$(printf %s "$text" | sed 's/\^/\\n/g')
printf '%s\n' '{"type":"system","subtype":"init","session_id":"s1","model":"m","claude_code_version":"2.1.197"}'
printf '%s\n' '{"type":"assistant","session_id":"s1","parent_tool_use_id":null,"message":{"id":"a","model":"m","content":[{"type":"text","text":"'"$text"'"}]}}'
printf '%s\n' '{"type":"result","subtype":"success","is_error":false,"result":"x","stop_reason":"end_turn","session_id":"s1","total_cost_usd":0.25,"modelUsage":{"m":{"inputTokens":100,"outputTokens":10}}}'
"#;
    let program = folder.join("claude");
    fs::write(&program, script.replace("ANSWERS", answers)).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    env
}

/// Runs kb where it is on the path.
pub(crate) fn kb(env: &Env, line: &str) -> Run {
    let mut command = env.command(line);
    command.env("PATH", format!("{}/bin:{}", env.home().display(), std::env::var("PATH").unwrap()));
    env.run(command, "")
}
