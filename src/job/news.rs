//! Jobs that ended while nobody looked: kept until the next command tells of them.

use super::{Folder, Jobs};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// A job that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Its id.
    pub job: String,
    /// What became of it, in one word.
    pub outcome: String,
}

impl Jobs {
    fn news(&self) -> PathBuf {
        self.folder.with_file_name("ended")
    }

    /// Keeps news for later. Best effort: `kb jobs` knows anyway.
    pub fn keep_news(&self, news: &[News]) {
        let lines: Vec<String> = news.iter().map(|News { job, outcome }| format!("{job} {outcome}\n")).collect();
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(self.news());
        let _ = file.and_then(|mut file| file.write_all(lines.concat().as_bytes()));
    }

    /// Of these jobs there is no news: somebody knows already what became of them.
    pub fn forget_news(&self, ids: &[&str]) {
        let mut news = self.take_news();
        news.retain(|news| !ids.contains(&news.job.as_str()));
        if !news.is_empty() {
            self.keep_news(&news);
        }
    }

    /// What nobody was told yet; each is had once.
    pub fn take_news(&self) -> Vec<News> {
        let mine = self.folder.with_file_name(format!("ended.{}", std::process::id()));
        // Of two commands at a time, one gets it.
        if fs::rename(self.news(), &mine).is_err() {
            return Vec::new();
        }
        let text = fs::read_to_string(&mine).unwrap_or_default();
        let _ = fs::remove_file(&mine);
        let news = |(job, outcome): (&str, &str)| News { job: job.to_owned(), outcome: outcome.to_owned() };
        text.lines().filter_map(|line| line.split_once(' ')).map(news).collect()
    }
}

impl Folder {
    /// News of this job.
    pub(super) fn announce(&self, outcome: &str) {
        if let Some(folder) = self.0.parent() {
            let jobs = Jobs { folder: folder.to_owned() };
            jobs.keep_news(&[News { job: self.id(), outcome: outcome.to_owned() }]);
        }
    }
}
