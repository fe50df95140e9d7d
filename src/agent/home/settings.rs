//! What a private home gets of a user's settings file: the keys that the agent's description names,
//! or else all but those that could start a program.

use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::path::Path;

/// Words in the names of keys that lead to programs, servers or other projects.
const LEADS_OUT: [&str; 11] = [
    "hook",
    "mcp",
    "plugin",
    "extension",
    "marketplace",
    "helper",
    "command",
    "statusline",
    "notify",
    "projects",
    "refresh",
];

/// The text for the private home. Fails, saying why, where the file is not what its name promises.
pub(super) fn filtered(file: &str, keep: &[&str], text: &str) -> Result<String, String> {
    let ending = Path::new(file).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending {
        "json" | "jsonc" if text.trim().is_empty() => Ok(String::new()),
        "json" | "jsonc" => {
            let value = serde_json::from_str(&without_comments(text)).map_err(|error| error.to_string())?;
            Ok(chosen(value, keep).to_string())
        }
        "toml" => {
            let value: Value = toml::from_str(text).map_err(|error| error.message().to_owned())?;
            Ok(as_toml(&chosen(value, keep)))
        }
        _ => Ok(text.to_owned()),
    }
}

fn chosen(mut value: Value, keep: &[&str]) -> Value {
    if keep.is_empty() {
        drop_what_leads_out(&mut value);
        return value;
    }
    let mut kept = Value::Object(Map::new());
    for path in keep {
        let found = path.split('.').try_fold(&value, |value, key| value.get(key));
        if let Some(found) = found {
            put(&mut kept, path, found.clone());
        }
    }
    kept
}

fn put(target: &mut Value, path: &str, value: Value) {
    let Value::Object(map) = target else { return };
    match path.split_once('.') {
        None => drop(map.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            put(map.entry(first).or_insert_with(|| Value::Object(Map::new())), rest, value);
        }
    }
}

fn drop_what_leads_out(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| {
                let key = key.to_lowercase().replace(['_', '-'], "");
                !LEADS_OUT.iter().any(|word| key.contains(word))
            });
            map.values_mut().for_each(drop_what_leads_out);
        }
        Value::Array(values) => values.iter_mut().for_each(drop_what_leads_out),
        _ => {}
    }
}

/// JSON as some programs let people write it: comments become space, commas before a closing bracket go.
fn without_comments(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.trim_start_matches('\u{feff}'));
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '"' => {
                let length = string_length(rest);
                out.push_str(&rest[..length]);
                length
            }
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            ']' | '}' => {
                let end = out.trim_end().len();
                if out[..end].ends_with(',') {
                    out.truncate(end - 1);
                }
                out.push(first);
                1
            }
            _ => {
                out.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn as_toml(value: &Value) -> String {
    let mut out = String::new();
    for (key, value) in value.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let _ = writeln!(out, "{} = {}", toml_string(key), toml_value(value));
    }
    out
}

fn toml_value(value: &Value) -> String {
    match value {
        Value::String(text) => toml_string(text),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().filter(|value| !value.is_null()).map(toml_value).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(map) => {
            let pairs = map.iter().filter(|(_, value)| !value.is_null());
            let pairs: Vec<String> =
                pairs.map(|(key, value)| format!("{} = {}", toml_string(key), toml_value(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

/// A JSON string is a TOML string but for one character.
fn toml_string(text: &str) -> String {
    Value::String(text.to_owned()).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use super::filtered;

    #[track_caller]
    fn check(file: &str, keep: &[&str], text: &str, expected: &str) {
        assert_eq!(filtered(file, keep, text).as_deref(), Ok(expected));
    }

    #[test]
    fn only_named_keys_are_kept() {
        check(
            "s.json",
            &["model", "a.b"],
            r#"{"model":"m","hooks":{},"a":{"b":1,"c":2}}"#,
            r#"{"a":{"b":1},"model":"m"}"#,
        );
        check("s.json", &["model"], r#"{"other": 1}"#, "{}");
        let toml = "model = \"m\"\nnotify = [\"sh\"]\n[mcp_servers.x]\ncommand = \"sh\"\n[model_providers.p]\nbase_url = \"u\\u007F\"\nretries = 3\n";
        check(
            "c.toml",
            &["model", "model_providers"],
            toml,
            "\"model\" = \"m\"\n\"model_providers\" = { \"p\" = { \"base_url\" = \"u\\u007f\", \"retries\" = 3 } }\n",
        );
    }

    #[test]
    fn without_names_what_could_start_a_program_goes() {
        let text = r#"{ // mine
            "model": "m", "hooks": {"Stop": 1}, "mcpServers": {}, "enabledPlugins": {}, "apiKeyHelper": "x",
            "statusLine": {}, "awsAuthRefresh": "x", "deep": {"discoveryCommand": "x", "url": "http://a//b"}, /* end */
        }"#;
        check("s.json", &[], text, r#"{"deep":{"url":"http://a//b"},"model":"m"}"#);
        check("s.toml", &[], "model = \"m\"\nnotify = [\"x\"]\n", "\"model\" = \"m\"\n");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert!(filtered("s.json", &[], "{").is_err());
        assert!(filtered("c.toml", &[], "= 1").is_err());
        for text in ["\"", "/*", "//", "\"\\", "é/*é", "{\"a\":1,}"] {
            let _ = filtered("s.json", &[], text);
        }
    }
}
