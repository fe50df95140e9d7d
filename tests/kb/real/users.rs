//! Somebody who has installed an agent program, and whose configuration leads it to a service of
//! models on this machine, as a company's would to its gateway.

use super::model::Model;
use super::programs::Package;
use crate::harness::{Env, Run};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An agent program, and how it is configured.
pub(crate) struct Program {
    /// What kb calls it.
    pub(crate) agent: &'static str,
    /// Where it comes from.
    pub(crate) package: Package,
    /// The tool by which its model runs a command, and the name of that tool's argument.
    pub(crate) shell: (&'static str, &'static str),
    /// The user's own configuration of it.
    pub(crate) configured: fn(&Model) -> Configuration,
}

/// What a user has set.
#[derive(Default)]
pub(crate) struct Configuration {
    /// Variables.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Files of the home: path, text.
    pub(crate) files: Vec<(&'static str, String)>,
    /// kb's own `config.toml`.
    pub(crate) kb: String,
}

impl Program {
    /// Its model runs a command.
    pub(crate) fn runs(&self, command: &str) -> Value {
        let (tool, argument) = self.shell;
        // Some want a reason.
        json!({"text": "Let me look.", "tool": {"name": tool, "arguments": {argument: command, "description": "look"}}})
    }
}

/// A user with a shop, an agent and a service of models.
pub(crate) struct User {
    pub(crate) env: Env,
    pub(crate) model: Model,
    agent: &'static str,
    search_path: String,
    variables: Vec<(&'static str, String)>,
}

impl User {
    /// The model plays this script. `settings` stand at the head of kb's `config.toml`.
    pub(crate) fn new(program: &Program, script: &Value, settings: &str) -> Self {
        let folder = program.package.folder().unwrap();
        let model = Model::start(script).unwrap();
        let Configuration { variables, files, kb } = (program.configured)(&model);
        let env = Env::shop();
        let put = |path: &str, text: &str| {
            let path = env.home().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (path, text) in &files {
            put(path, text);
        }
        put(".config/kb/config.toml", &format!("{settings}\n{kb}"));
        let search_path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        Self { env, model, agent: program.agent, search_path, variables }
    }

    /// kb, ready to be started.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = self.env.command(line);
        command.env("PATH", &self.search_path);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs kb.
    pub(crate) fn kb(&self, line: &str) -> Run {
        self.env.run(self.command(line), "")
    }

    /// Asks the agent.
    pub(crate) fn asks(&self, rest: &str) -> Run {
        self.kb(&format!("ask --json --agent {} {rest}", self.agent))
    }

    /// Every file of the repository but the notes: its bytes and its rights.
    pub(crate) fn repository(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut files = BTreeMap::new();
        walk(&self.env.here(), &self.env.base(), &mut files);
        files
    }
}

fn walk(folder: &Path, but: &Path, files: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path() != but) {
        let about = entry.metadata().unwrap();
        let bytes = match about.is_dir() {
            true => Vec::new(),
            false => fs::read(entry.path()).unwrap(),
        };
        files.insert(entry.path(), (about.permissions().mode(), bytes));
        if about.is_dir() {
            walk(&entry.path(), but, files);
        }
    }
}

/// Whether a process with this word in its command line lives, wherever it was started.
pub(crate) fn lives(word: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    let mut words = lines.flat_map(|line| line.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect::<Vec<_>>());
    words.any(|found| found == word.as_bytes())
}
