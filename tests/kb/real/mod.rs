//! The agent programs that people have, run by kb behind its wall against a stand-in for their models:
//! what they answer is kept, what goes wrong is told in time, and nothing of them lives on.

mod cases;
mod model;
mod programs;
mod users;

use crate::harness::cannot_run;
use cases::{
    ANSWERS, ANSWERS_ONCE, BREAKS, CANCELLED, CANCELLED_ELSEWHERE, CUT, Case, GOES_ON, HANGS, MANY, MENDS, OVERLOADED,
    REFUSED, TOO_MANY, TRIED, fault, table,
};
use model::Model;
use programs::Package;
use users::{Configuration, Program};

const CLAUDE: Program = Program {
    agent: "claude",
    package: programs::CLAUDE,
    shell: ("Bash", "command"),
    configured: |model| Configuration {
        variables: vec![("ANTHROPIC_BASE_URL", model.url.clone()), ("ANTHROPIC_API_KEY", "a-key".to_owned())],
        ..Configuration::default()
    },
};

/// It calls itself a success then, and gives the text so far as its result.
const CUT_BEHIND_A_BLOCK: Case = ("the stream is cut behind a block", |program| {
    fault(program, &serde_json::json!({"truncate_behind": "content_block_stop"}), MANY)
});

const CODEX: Program = Program {
    agent: "codex",
    package: Package { name: "@openai/codex", version: "0.169.0", script: None, program: "codex" },
    shell: ("exec_command", "cmd"),
    configured: |model| Configuration {
        variables: vec![("GATEWAY_KEY", "a-key".to_owned())],
        files: vec![(
            ".codex/config.toml",
            format!(
                "model = \"stub-model\"\nmodel_provider = \"gateway\"\n[model_providers.gateway]\nname = \"gateway\"\n\
                 base_url = \"{}/v1\"\nwire_api = \"responses\"\nenv_key = \"GATEWAY_KEY\"\n",
                model.url
            ),
        )],
        kb: format!("[agents.codex]\nenv = [\"GATEWAY_KEY\"]\nhosts = [\"{}\"]\n", model.host()),
    },
};

const GEMINI: Program = Program {
    agent: "gemini",
    package: Package { name: "@google/gemini-cli", version: "0.61.0", script: None, program: "gemini" },
    shell: ("run_shell_command", "command"),
    configured: |model| Configuration {
        variables: vec![("GOOGLE_GEMINI_BASE_URL", model.url.clone()), ("GEMINI_API_KEY", "a-key".to_owned())],
        kb: "[agents.gemini]\nmodel = \"stub-model\"\n".to_owned(),
        ..Configuration::default()
    },
};

const COPILOT: Program = Program {
    agent: "copilot",
    package: Package { name: "@github/copilot", version: "1.0.102", script: None, program: "copilot" },
    shell: ("bash", "command"),
    configured: |model| Configuration {
        variables: vec![
            ("COPILOT_PROVIDER_BASE_URL", format!("{}/v1", model.url)),
            ("COPILOT_PROVIDER_TYPE", "openai".to_owned()),
            ("COPILOT_PROVIDER_API_KEY", "a-key-of-some-length".to_owned()),
            ("COPILOT_MODEL", "stub-model".to_owned()),
            ("COPILOT_OFFLINE", "true".to_owned()),
        ],
        ..Configuration::default()
    },
};

const OPENCODE: Program = Program {
    agent: "opencode",
    package: Package { name: "opencode-ai", version: "1.18.33", script: Some("postinstall.mjs"), program: "opencode" },
    shell: ("bash", "command"),
    configured: |model| Configuration {
        files: vec![(
            ".config/opencode/opencode.json",
            serde_json::json!({"provider": {"gateway": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "gateway",
                "options": {"baseURL": format!("{}/v1", model.url), "apiKey": "a-key"},
                "models": {"stub-model": {"name": "stub-model"}},
            }}})
            .to_string(),
        )],
        kb: format!("[agents.opencode]\nmodel = \"gateway/stub-model\"\nhosts = [\"{}\"]\n", model.host()),
        ..Configuration::default()
    },
};

const CLAUDE_ACP: Program = Program {
    agent: "claude-acp",
    package: Package {
        name: "@agentclientprotocol/claude-agent-acp",
        version: "0.49.0",
        script: None,
        program: "claude-agent-acp",
    },
    shell: ("Bash", "command"),
    configured: |model| Configuration {
        kb: "[agents.claude-acp]\nacp = [\"claude-agent-acp\"]\n".to_owned(),
        ..(CLAUDE.configured)(model)
    },
};

const GEMINI_ACP: Program = Program {
    agent: "gemini-acp",
    configured: |model| Configuration {
        kb: "[agents.gemini-acp]\nacp = [\"gemini\", \"--acp\", \"--skip-trust\", \"--model\", \"stub-model\"]\n"
            .to_owned(),
        ..(GEMINI.configured)(model)
    },
    ..GEMINI
};

/// What comes of all that a program is put through; none, said loudly, without the program or the service.
fn rows(program: &Program, cases: &[Case]) -> Option<String> {
    let can_run = program.package.folder().and_then(|_| Model::start(&serde_json::json!({"turns": []})));
    can_run.map_err(|why| cannot_run(&why)).ok().map(|_| table(program, cases))
}

/// They wait for so long that they wait together.
#[test]
fn a_service_with_too_much_to_do_is_asked_for_two_minutes_at_most() {
    let all = [
        (&CLAUDE, [TOO_MANY, OVERLOADED].as_slice()),
        (&COPILOT, &[TOO_MANY]),
        (&GEMINI, &[TOO_MANY]),
        (&OPENCODE, &[OVERLOADED]),
    ];
    std::thread::scope(|scope| {
        let tables = all.map(|(program, cases)| scope.spawn(|| rows(program, cases)));
        let tables: Option<Vec<String>> = tables.into_iter().map(|table| table.join().unwrap()).collect();
        if let Some(tables) = tables {
            insta::assert_snapshot!(tables.concat(), @r#"
    too many requests: incomplete: claude did not finish: API Error: Request rejected (429) · stub fault 429
        nothing was saved; ask again
    overloaded: incomplete: claude did not finish: API Error: 503 stub fault 503. This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway (gateway).
        nothing was saved; ask again
    too many requests: incomplete: copilot did not finish: Failed to get response from the AI model; retried 5 times (total retry wait time: so many seconds) Last error: 429 stub fault 429
        nothing was saved; ask again
    too many requests: incomplete: gemini did not finish: [API Error: stub fault 429] Please wait and try again later. To increase your limits, request a quota increase through AI Studio, or switch to another /auth method:   status: 429
        nothing was saved; ask again
    overloaded: incomplete: opencode did not finish: stub fault 503 (status 503)
        nothing was saved; ask again
    "#);
        }
    });
}

#[test]
fn claude() {
    let cases =
        [ANSWERS, MENDS, REFUSED, CUT, CUT_BEHIND_A_BLOCK, BREAKS, HANGS, CANCELLED, CANCELLED_ELSEWHERE, TRIED];
    if let Some(table) = rows(&CLAUDE, &cases) {
        insta::assert_snapshot!(table, @r#"
    answers and follows up: 2.1.197 claude-opus-4-8 namespaces in=3000 out=300 usd=0.0225
        namespaces in=1000 out=100 usd=0.0075
    is told which places are not there: namespaces in=3000 out=300 usd=0.0225
    the login is refused: failed: claude failed: authentication failed: the login is not accepted
        run `claude auth login`, or set `ANTHROPIC_API_KEY`; or choose another: `--agent scout`
    the stream is cut: kept
    the stream is cut behind a block: incomplete: claude did not finish: the stream was cut
        nothing was saved; ask again
    the connection breaks once: kept
    hangs: incomplete: claude was stopped after 20 s
        ask something smaller, or set `timeout = "30m"` in your `config.toml`
    is cancelled by Ctrl-C: cancelled
    is cancelled by its number: cancelled
    is tried: tried: The word is heron, in `hello.txt:1`.
    "#);
    }
}

#[test]
fn codex() {
    let cases = [
        ANSWERS,
        GOES_ON,
        MENDS,
        REFUSED,
        TOO_MANY,
        OVERLOADED,
        CUT,
        BREAKS,
        HANGS,
        CANCELLED,
        CANCELLED_ELSEWHERE,
        TRIED,
    ];
    if let Some(table) = rows(&CODEX, &cases) {
        insta::assert_snapshot!(table, @r#"
    answers and follows up: 0.169.0 - namespaces in=3000 out=300
        namespaces in=1000 out=100
    goes on twice: Cookies namespaces in=2000 out=200, Second namespaces in=1000 out=100, Third namespaces in=1000 out=100
    is told which places are not there: namespaces in=3000 out=300
    the login is refused: failed: codex failed: unexpected status 401 Unauthorized: stub fault 401, url: http://gateway/v1/responses
        run `codex login`, or set `CODEX_API_KEY`; or choose another: `--agent scout`
    too many requests: incomplete: codex did not finish: exceeded retry limit, last status: 429 Too Many Requests
        nothing was saved; ask again
    overloaded: incomplete: codex did not finish: unexpected status 503 Service Unavailable: stub fault 503, url: http://gateway/v1/responses
        nothing was saved; ask again
    the stream is cut: incomplete: codex did not finish: stream disconnected before completion: stream closed before response.completed
        nothing was saved; ask again
    the connection breaks once: kept
    hangs: incomplete: codex was stopped after 20 s
        ask something smaller, or set `timeout = "30m"` in your `config.toml`
    is cancelled by Ctrl-C: cancelled
    is cancelled by its number: cancelled
    is tried: tried: The word is heron, in `hello.txt:1`.
    "#);
    }
}

#[test]
fn gemini() {
    let cases = [ANSWERS, MENDS, REFUSED, CUT, BREAKS, CANCELLED, CANCELLED_ELSEWHERE, TRIED];
    if let Some(table) = rows(&GEMINI, &cases) {
        insta::assert_snapshot!(table, @r#"
    answers and follows up: 0.61.0 stub-model namespaces in=3000 out=300
        namespaces in=1000 out=100
    is told which places are not there: namespaces in=3000 out=300
    the login is refused: failed: gemini failed: [API Error: {"error":{"code":401,"message":"stub fault 401","status":"UNAVAILABLE"}}]:   status: 401
        log in within `gemini`, or set `GEMINI_API_KEY`; or choose another: `--agent scout`
    the stream is cut: incomplete: gemini did not finish: it ends in the middle of a sentence
        nothing was saved; ask again
    the connection breaks once: kept
    is cancelled by Ctrl-C: cancelled
    is cancelled by its number: cancelled
    is tried: tried: The word is heron, in `hello.txt:1`.
    "#);
    }
}

#[test]
fn copilot() {
    let cases = [ANSWERS, MENDS, REFUSED, CUT, BREAKS, CANCELLED, TRIED];
    if let Some(table) = rows(&COPILOT, &cases) {
        insta::assert_snapshot!(table, @r#"
    answers and follows up: 1.0.102 stub-model namespaces
        namespaces
    is told which places are not there: namespaces
    the login is refused: failed: copilot failed: Authentication failed with provider at http://gateway/v1 (HTTP 401). Check your COPILOT_PROVIDER_API_KEY, COPILOT_PROVIDER_API_KEY_COMMAND, or COPILOT_PROVIDER_BEARER_TOKEN.
        run `copilot login`, or set `COPILOT_GITHUB_TOKEN`; or choose another: `--agent scout`
    the stream is cut: incomplete: copilot did not finish: Failed to get response from the AI model; retried 5 times (total retry wait time: so many seconds) Last error: Failed to finalize chat-completions stream: missing finish_reason for choice 0
        nothing was saved; ask again
    the connection breaks once: kept
    is cancelled by Ctrl-C: cancelled
    is tried: tried: The word is heron, in `hello.txt:1`.
    "#);
    }
}

#[test]
fn opencode() {
    let cases = [ANSWERS, MENDS, REFUSED, CUT, CANCELLED_ELSEWHERE, TRIED];
    if let Some(table) = rows(&OPENCODE, &cases) {
        insta::assert_snapshot!(table, @r#"
    answers and follows up: 1.18.33 gateway/stub-model namespaces in=3000 out=300
        namespaces in=1000 out=100
    is told which places are not there: namespaces in=3000 out=300
    the login is refused: failed: opencode failed: stub fault 401 (status 401)
        run `opencode auth login`; or choose another: `--agent scout`
    the stream is cut: incomplete: opencode did not finish: its stream broke again and again
        nothing was saved; ask again
    is cancelled by its number: cancelled
    is tried: tried: The word is heron, in `hello.txt:1`.
    "#);
    }
}

#[test]
fn claude_by_the_agent_client_protocol() {
    let cases = [ANSWERS, MENDS, REFUSED, CUT, CANCELLED, TRIED];
    if let Some(table) = rows(&CLAUDE_ACP, &cases) {
        insta::assert_snapshot!(table, @r#"
    answers and follows up: 0.49.0 - namespaces in=3000 out=300 usd=0.0225
        namespaces in=1000 out=100 usd=0.0075
    is told which places are not there: namespaces in=3000 out=300 usd=0.0225
    the login is refused: failed: claude-acp failed: Internal error: Failed to authenticate. API Error: 401 stub fault 401: authentication_failed
        log in with the program itself; or choose another: `--agent scout`
    the stream is cut: kept
    is cancelled by Ctrl-C: cancelled
    is tried: tried: The word is heron, in `hello.txt:1`.
    "#);
    }
}

#[test]
fn gemini_by_the_agent_client_protocol() {
    // The history that it loads is not always whole.
    let cases = [ANSWERS_ONCE, REFUSED, CUT, CANCELLED, TRIED];
    if let Some(table) = rows(&GEMINI_ACP, &cases) {
        insta::assert_snapshot!(table, @r#"
    answers: 0.61.0 - namespaces in=3000 out=300
    the login is refused: failed: gemini-acp failed: {"error":{"code":401,"message":"stub fault 401","status":"UNAVAILABLE"}}:   data: undefined
        log in with the program itself; or choose another: `--agent scout`
    the stream is cut: incomplete: gemini-acp did not finish: it ends in the middle of a sentence
        nothing was saved; ask again
    is cancelled by Ctrl-C: cancelled
    is tried: tried: The word is heron, in `hello.txt:1`.
    "#);
    }
}
