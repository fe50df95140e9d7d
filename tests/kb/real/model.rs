//! A stand-in for the services of models, on this machine: it plays a script, faults and all, and
//! writes down what it was asked.

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// It ends by itself after so many seconds.
const LIFE: &str = "400";

/// A running stand-in; it ends with the value.
pub(crate) struct Model {
    child: Child,
    folder: TempDir,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
}

impl Model {
    /// Starts it with a script: see the head of `model_server.py`. Fails, saying why, where there is no
    /// Python.
    pub(crate) fn start(script: &Value) -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        let (scenario, log) = (folder.path().join("scenario.json"), folder.path().join("log"));
        fs::write(&scenario, script.to_string()).map_err(|error| error.to_string())?;
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kb/real/model_server.py");
        let mut command = Command::new("python3");
        command.arg(server).arg("--scenario").arg(scenario).arg("--log").arg(log).args(["--max-seconds", LIFE]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("python3: {error}"))?;
        let mut line = String::new();
        let said = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line);
        let url = said.ok().and_then(|_| serde_json::from_str::<Value>(&line).ok()?["url"].as_str().map(str::to_owned));
        let model = Self { child, folder, url: url.clone().unwrap_or_default() };
        url.map(|_| model).ok_or_else(|| "the stand-in for models does not start".to_owned())
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The requests for a turn of the model, in their order; what agents ask on the side is left out.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let requests = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        requests.filter(|request| !request["turn"].is_null()).collect()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
