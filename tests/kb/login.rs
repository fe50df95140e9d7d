//! The private home of an agent and the login in it, tried with an agent that renews its tokens at a
//! server that refuses a refresh token's second use.

use kb::agent::home::{self, Home, HomeError, Wanted};
use kb::agent::login::{LoginError, LoginState, looks_logged_in};
use kb::agent::{Expiry, Login, Moved, Needs, Seed};
use kb::machine::Machine;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const FILE: &str = ".agent/credentials.json";
const LOGIN: Login = Login {
    file: FILE,
    access: &["oauth", "accessToken"],
    refresh: &["oauth", "refreshToken"],
    expiry: Expiry::Milliseconds(&["oauth", "expiresAt"]),
    renewed: &[&["oauth", "expiresAt"]],
};
/// The clock stands here, in milliseconds.
const NOW: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;

struct World {
    root: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { root: TempDir::new().unwrap() };
        fs::create_dir_all(world.user().join(".agent")).unwrap();
        fs::create_dir_all(world.server()).unwrap();
        world
    }

    fn user(&self) -> PathBuf {
        self.root.path().join("user")
    }

    fn server(&self) -> PathBuf {
        self.root.path().join("server")
    }

    /// The user's login file: in an order and with spaces that no printer would choose.
    fn logged_in(self, access: &str, refresh: &str, expires: i64) -> Self {
        let text = format!(
            "{{ \"zeta\": 1,\n \"oauth\" : {{\"expiresAt\":{expires} , \"refreshToken\": \"{refresh}\",\n\"accessToken\":\"{access}\", \"accountUuid\": \"me\"}},\n  \"mcpOAuth\": {{\"x\": \"secret\"}} }}\n"
        );
        fs::write(self.user().join(FILE), text).unwrap();
        fs::set_permissions(self.user().join(FILE), fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(self.server().join(format!("refresh-{refresh}")), "").unwrap();
        self
    }

    fn machine(&self) -> Machine {
        let folder = |name: &str| self.root.path().join(name);
        Machine {
            here: folder("here"),
            config: folder("config"),
            data: folder("data"),
            state: folder("state"),
            cache: folder("cache"),
            home: Some(self.user()),
            environment: Vec::new(),
            program: PathBuf::from("kb"),
            fixed_time: chrono::DateTime::from_timestamp_millis(NOW),
            seed: Some(1),
            drawn: 0.into(),
        }
    }

    fn prepare_as(&self, name: &str, needs: &Needs, patience: Duration) -> Result<Home, HomeError> {
        let wanted = Wanted {
            agent: "stub",
            name,
            needs,
            files: &[(".agent/made.json".to_owned(), "{}".to_owned())],
            user_home: &self.user(),
            time_limit: Duration::from_mins(15),
        };
        let until = Instant::now() + patience;
        loop {
            match home::prepare(&wanted, &self.machine()) {
                Err(HomeError::Login(LoginError::Busy { .. })) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                done => return done,
            }
        }
    }

    fn prepare(&self, name: &str) -> Home {
        self.prepare_as(name, &needs(), Duration::from_mins(1)).unwrap()
    }

    fn users(&self) -> Value {
        serde_json::from_slice(&fs::read(self.user().join(FILE)).unwrap()).unwrap()
    }
}

fn needs() -> Needs {
    Needs {
        hosts: vec!["example.com".to_owned()],
        variables: vec!["STUB_API_KEY".to_owned(), "STUB_BASE_URL".to_owned()],
        seeds: vec![".agent/settings.json".into(), Seed { file: ".agent/more.toml".to_owned(), keep: &["model"] }],
        sessions: vec![".agent/sessions/*.jsonl".to_owned()],
        login: Some(LOGIN),
        ..Needs::default()
    }
}

/// Answers if its access token is good; otherwise renews it, once per refresh token, or else blanks
/// its own login, as real agents do.
const AGENT: &str = r#"
file=$1/.agent/credentials.json server=$2
value() { sed -n 's/.*"'$1'": *"\([^"]*\)".*/\1/p' "$file" | head -n 1; }
access=$(value accessToken) refresh=$(value refreshToken)
sleep 0.2
[ -e "$server/access-$access" ] && exit 0
if [ -n "$refresh" ] && mv "$server/refresh-$refresh" "$server/used-$refresh" 2>/dev/null; then
    : > "$server/access-a$refresh" ; : > "$server/refresh-r$refresh"
    printf '{"oauth":{"accessToken":"a%s","refreshToken":"r%s","expiresAt":1900000000000},"planted":1}' "$refresh" "$refresh" > "$file.new"
    mv "$file.new" "$file"
    sleep 0.5
    exit 0
fi
printf '{"oauth":{"accessToken":"","refreshToken":"","expiresAt":0}}' > "$file"
exit 1
"#;

fn agent(home: &Path, server: &Path) -> std::process::Child {
    Command::new("sh").args(["-c", AGENT, "sh"]).arg(home).arg(server).spawn().unwrap()
}

/// One job, as a runner does it: whether the agent answered.
fn job(world: &World, name: &str) -> bool {
    let mut home = world.prepare(name);
    let mut agent = agent(&home.path, &world.server());
    let status = loop {
        if let Some(watch) = &mut home.login {
            watch.poll().unwrap();
        }
        if let Some(status) = agent.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    home.discard().unwrap();
    status.success()
}

#[test]
fn four_jobs_at_once_with_an_expired_token_do_not_log_the_user_out() {
    let world = World::new().logged_in("old", "0", 1);
    let answered = std::thread::scope(|scope| {
        let jobs: Vec<_> =
            ["j-1", "j-2", "j-3", "j-4"].map(|name| scope.spawn(|| job(&world, name))).into_iter().collect();
        jobs.into_iter().map(|job| job.join().unwrap()).filter(|answered| *answered).count()
    });
    assert_eq!(answered, 4);
    let users = fs::read_to_string(world.user().join(FILE)).unwrap();
    assert_eq!(
        users,
        "{ \"zeta\": 1,\n \"oauth\" : {\"expiresAt\":1900000000000 , \"refreshToken\": \"r0\",\n\"accessToken\":\"a0\", \"accountUuid\": \"me\"},\n  \"mcpOAuth\": {\"x\": \"secret\"} }\n"
    );
    assert!(world.server().join("used-0").exists() && !world.server().join("used-r0").exists(), "renewed once");
    assert_eq!(fs::metadata(world.user().join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(world.machine().state.join("homes/stub")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn the_server_of_these_tests_does_refuse_a_second_use() {
    let world = World::new().logged_in("old", "0", NOW - MINUTE);
    let mut agents: Vec<_> = (0..4)
        .map(|number| {
            let home = world.root.path().join(number.to_string());
            fs::create_dir_all(home.join(".agent")).unwrap();
            fs::write(home.join(FILE), world.users().to_string()).unwrap();
            agent(&home, &world.server())
        })
        .collect();
    let answered = agents.iter_mut().filter_map(|agent| agent.wait().unwrap().success().then_some(())).count();
    assert!(answered < 4, "{answered}");
}

#[test]
fn a_token_that_outlives_the_job_goes_without_its_refresh_token_to_any_number_of_jobs() {
    let world = World::new().logged_in("old", "0", NOW + 26 * MINUTE);
    let homes = ["j-1", "j-2", "j-3"].map(|name| world.prepare(name));
    for home in &homes {
        assert!(home.login.is_none());
        let private: Value = serde_json::from_slice(&fs::read(home.path.join(FILE)).unwrap()).unwrap();
        let expected = json!({"zeta": 1, "oauth": {"accessToken": "old", "refreshToken": "", "accountUuid": "me",
            "expiresAt": NOW + 26 * MINUTE}});
        assert_eq!(private, expected);
        assert_eq!(fs::metadata(home.path.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&home.path).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let world = World::new().logged_in("old", "0", NOW + 24 * MINUTE);
    assert!(world.prepare("j-1").login.is_some(), "ten minutes more than the job may take are wanted");
}

#[test]
fn a_login_that_another_job_has_whole_is_busy() {
    let world = World::new().logged_in("old", "0", NOW);
    let _holder = world.prepare("j-1");
    let error = world.prepare_as("j-2", &needs(), Duration::from_millis(100)).unwrap_err();
    assert!(matches!(error, HomeError::Login(LoginError::Busy { .. })), "{error}");
}

/// What the agent leaves in its home, and whether the user's file then holds its tokens.
#[track_caller]
fn check_written_back(left: &Value, expected: bool) {
    let world = World::new().logged_in("old", "0", NOW);
    let before = world.users();
    let mut home = world.prepare("j-1");
    fs::write(home.path.join(FILE), left.to_string()).unwrap();
    assert_eq!(home.login.as_mut().unwrap().poll().unwrap(), expected, "{left}");
    assert_eq!(world.users() != before, expected, "{left}");
    assert_eq!(world.users()["zeta"], 1);
    assert_eq!(world.users().get("planted"), None);
}

#[test]
fn only_a_whole_new_pair_of_the_same_account_is_written_back() {
    let pair = |access: &str, refresh: &str, expires: i64| json!({"planted": 1, "oauth": {"accessToken": access, "refreshToken": refresh, "expiresAt": expires}});
    check_written_back(&pair("a1", "r1", NOW + MINUTE), true);
    check_written_back(&pair("a1", "0", NOW + MINUTE), true);
    check_written_back(&pair("", "", 0), false);
    check_written_back(&pair("a1", "", NOW + MINUTE), false);
    check_written_back(&pair("", "r1", NOW + MINUTE), false);
    check_written_back(&pair("a1\n", "r1", NOW + MINUTE), false);
    check_written_back(&pair("a1", "r1", 0), false);
    check_written_back(&pair("old", "0", NOW + MINUTE), false);
    check_written_back(&json!("half"), false);
    let mut other = pair("a1", "r1", NOW + MINUTE);
    other["oauth"]["accountUuid"] = json!("somebody else");
    check_written_back(&other, false);
}

#[test]
fn tokens_that_the_user_renewed_meanwhile_stay() {
    let world = World::new().logged_in("old", "0", NOW);
    let mut home = world.prepare("j-1");
    let world = world.logged_in("mine", "mine", NOW + MINUTE);
    let left = json!({"oauth": {"accessToken": "a1", "refreshToken": "r1", "expiresAt": NOW + MINUTE}});
    fs::write(home.path.join(FILE), left.to_string()).unwrap();
    assert!(!home.login.as_mut().unwrap().poll().unwrap());
    assert_eq!(world.users()["oauth"]["accessToken"], "mine");
}

#[test]
fn a_link_in_the_users_home_leads_to_the_file_and_one_in_the_private_home_nowhere() {
    let world = World::new().logged_in("old", "0", NOW);
    let real = world.root.path().join("dotfiles.json");
    fs::rename(world.user().join(FILE), &real).unwrap();
    symlink(&real, world.user().join(FILE)).unwrap();
    let mut home = world.prepare("j-1");
    let outside = world.root.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let left = json!({"oauth": {"accessToken": "a1", "refreshToken": "r1", "expiresAt": NOW + MINUTE}}).to_string();
    fs::write(outside.join("credentials.json"), &left).unwrap();
    fs::rename(home.path.join(".agent"), home.path.join("away")).unwrap();
    symlink(&outside, home.path.join(".agent")).unwrap();
    assert!(!home.login.as_mut().unwrap().poll().unwrap(), "a folder that is a link");
    fs::remove_file(home.path.join(".agent")).unwrap();
    fs::create_dir(home.path.join(".agent")).unwrap();
    symlink(outside.join("credentials.json"), home.path.join(FILE)).unwrap();
    assert!(!home.login.as_mut().unwrap().poll().unwrap(), "a file that is a link");
    fs::remove_file(home.path.join(FILE)).unwrap();
    assert!(Command::new("mkfifo").arg(home.path.join(FILE)).status().unwrap().success());
    assert!(!home.login.as_mut().unwrap().poll().unwrap(), "a pipe that nobody writes");
    fs::remove_file(home.path.join(FILE)).unwrap();
    fs::write(home.path.join(FILE), left).unwrap();
    assert!(home.login.as_mut().unwrap().poll().unwrap());
    assert!(fs::symlink_metadata(world.user().join(FILE)).unwrap().is_symlink());
    assert_eq!(world.users()["oauth"]["accessToken"], "a1");
    drop(home);
    assert!(fs::read_to_string(real).unwrap().contains("\"r1\""));
}

const HOLDER: &str = "KB_TEST_HOLDS_LOGIN_IN";

/// Not a test by itself: a job that renewed the login and is killed before it was written back.
#[test]
fn a_holder() {
    let Some(root) = std::env::var_os(HOLDER) else { return };
    let world = World { root: TempDir::new_in(&root).unwrap() };
    let shared = Machine { state: Path::new(&root).join("state"), ..world.machine() };
    let needs = needs();
    let wanted = Wanted {
        agent: "stub",
        name: "j-1",
        needs: &needs,
        files: &[],
        user_home: &Path::new(&root).join("user"),
        time_limit: Duration::from_mins(15),
    };
    let home = home::prepare(&wanted, &shared).unwrap();
    let left = json!({"oauth": {"accessToken": "a1", "refreshToken": "r1", "expiresAt": NOW + 600 * MINUTE}});
    fs::write(home.path.join(FILE), left.to_string()).unwrap();
    writeln!(std::io::stdout(), "HELD").unwrap();
    std::thread::sleep(Duration::from_mins(1));
}

/// A user whose kb was killed like that; `meanwhile` happens before.
fn killed(meanwhile: impl FnOnce(&World)) -> World {
    let world = World::new().logged_in("old", "0", NOW);
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "login::a_holder"])
        .env(HOLDER, world.root.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut said, mut out) = (Vec::new(), holder.stdout.take().unwrap());
    while !String::from_utf8_lossy(&said).contains("HELD") {
        let mut byte = [0];
        assert_eq!(out.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.push(byte[0]);
    }
    meanwhile(&world);
    holder.kill().unwrap();
    holder.wait().unwrap();
    world
}

#[test]
fn what_a_killed_kb_had_not_written_back_is_written_back_by_the_next_job() {
    let world = killed(|world| assert!(world.prepare_as("j-2", &needs(), Duration::ZERO).is_err(), "it is held"));
    // The same name, so that the private home is put in order too.
    let home = world.prepare("j-1");
    assert!(home.login.is_none());
    assert_eq!(world.users()["oauth"]["refreshToken"], "r1");
}

#[test]
fn the_home_of_a_killed_job_goes_away_once_its_login_is_back() {
    let tidy = |world: &World| home::tidy("stub", &needs(), &world.user(), Duration::from_hours(1), &world.machine());
    let home = |world: &World| home::path("stub", "j-1", &world.machine());
    let world = killed(|world| {
        tidy(world);
        assert!(home(world).join(FILE).exists(), "it is in use");
    });
    tidy(&world);
    assert_eq!(world.users()["oauth"]["refreshToken"], "r1");
    assert!(!home(&world).exists());
}

#[test]
fn homes_of_sessions_stay_until_nobody_went_on_in_them_for_long() {
    let world = World::new().logged_in("old", "0", NOW + 60 * MINUTE);
    let home = world.prepare("j-1");
    fs::create_dir_all(home.path.join(".agent/sessions")).unwrap();
    fs::write(home.path.join(".agent/sessions/s.jsonl"), "{}").unwrap();
    let kept = home::path("stub", "s-1", &world.machine());
    home.keep("stub", "s-1", &world.machine()).unwrap();
    let tidy = |kept| home::tidy("stub", &needs(), &world.user(), kept, &world.machine());
    fs::write(kept.join(FILE), "left by a killed job that went on in it").unwrap();
    tidy(Duration::from_hours(1));
    assert!(!kept.join(FILE).exists());
    assert!(kept.join(".agent/sessions/s.jsonl").exists());
    tidy(Duration::ZERO);
    assert!(!kept.exists());
}

#[test]
fn settings_that_the_user_moved_are_found() {
    let world = World::new();
    let moved = world.root.path().join("moved");
    fs::create_dir(&moved).unwrap();
    fs::write(moved.join("settings.json"), r#"{"model": "m"}"#).unwrap();
    fs::write(moved.join("credentials.json"), r#"{"oauth": {"accessToken": "a"}}"#).unwrap();
    let mut machine = world.machine();
    machine.environment = vec![("STUB_HOME".into(), moved.into())];
    let needs = Needs { moved: Some(Moved { variable: "STUB_HOME", folder: ".agent" }), ..needs() };
    let wanted = Wanted {
        agent: "stub",
        name: "j-1",
        needs: &needs,
        files: &[],
        user_home: &world.user(),
        time_limit: Duration::from_mins(15),
    };
    let home = home::prepare(&wanted, &machine).unwrap();
    assert_eq!(fs::read_to_string(home.path.join(".agent/settings.json")).unwrap(), r#"{"model":"m"}"#);
    assert!(fs::read_to_string(home.path.join(FILE)).unwrap().contains("\"a\""));
}

#[test]
fn nothing_planted_in_a_kept_home_counts_tomorrow() {
    let world = World::new().logged_in("old", "0", NOW + 60 * MINUTE);
    fs::write(world.user().join(".agent/settings.json"), r#"{"model": "m", "hooks": {"Stop": "sh"}}"#).unwrap();
    fs::write(world.user().join(".agent/more.toml"), "model = \"m\"\nnotify = [\"sh\"]\n").unwrap();
    let home = world.prepare("j-1");
    let read = |home: &Home, file: &str| fs::read_to_string(home.path.join(file));
    assert_eq!(read(&home, ".agent/settings.json").unwrap(), r#"{"model":"m"}"#);
    assert_eq!(read(&home, ".agent/more.toml").unwrap(), "\"model\" = \"m\"\n");

    let outside = world.root.path().join("outside");
    fs::write(&outside, "mine").unwrap();
    let plant = |file: &str, text: &str| {
        fs::create_dir_all(home.path.join(file).parent().unwrap()).unwrap();
        fs::write(home.path.join(file), text).unwrap();
    };
    plant(".agent/settings.json", r#"{"hooks": {"Stop": "evil"}}"#);
    plant(".agent/sessions/1/s.jsonl", "said");
    plant(".agent/sessions/1/run.sh", "evil");
    plant(".bashrc", "evil");
    plant("tmp/left", "evil");
    fs::set_permissions(home.path.join(".agent/sessions/1/s.jsonl"), fs::Permissions::from_mode(0o4755)).unwrap();
    symlink(&outside, home.path.join(".agent/sessions/link.jsonl")).unwrap();
    fs::hard_link(&outside, home.path.join(".agent/sessions/hard.jsonl")).unwrap();
    symlink(world.root.path(), home.path.join("up")).unwrap();
    fs::create_dir(home.path.join("shut")).unwrap();
    fs::set_permissions(home.path.join("shut"), fs::Permissions::from_mode(0o0)).unwrap();
    let machine = world.machine();
    home.keep("stub", "the session/1", &machine).unwrap();

    let kept = home::path("stub", "the session/1", &machine);
    assert_eq!(everything(&kept), ["/.agent/sessions/1/s.jsonl"]);
    fs::create_dir(kept.join(".agent/plugins")).unwrap();
    symlink(world.root.path(), kept.join(".agent/settings.json")).unwrap();
    let home = world.prepare("the session/1");
    let files = ["/.agent/credentials.json", "/.agent/made.json", "/.agent/more.toml"];
    assert_eq!(everything(&home.path)[..3], files);
    assert_eq!(everything(&home.path)[3..], ["/.agent/sessions/1/s.jsonl", "/.agent/settings.json"]);
    assert_eq!(read(&home, ".agent/settings.json").unwrap(), r#"{"model":"m"}"#);
    assert_eq!(read(&home, ".agent/sessions/1/s.jsonl").unwrap(), "said");
    let mode = fs::metadata(home.path.join(".agent/sessions/1/s.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "mine");
    assert!(matches!(world.prepare_as("the session/1", &needs(), Duration::ZERO), Err(HomeError::InUse { .. })));
}

/// Paths of all files below a folder, sorted.
fn everything(folder: &Path) -> Vec<String> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => found.push(entry.path().to_string_lossy().replace(&*folder.to_string_lossy(), "")),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn files_that_cannot_be_settings_are_refused() {
    let world = World::new();
    let settings = world.user().join(".agent/settings.json");
    let refused = |name| world.prepare_as(name, &needs(), Duration::ZERO).unwrap_err().to_string();
    fs::write(&settings, " ".repeat((1 << 20) + 1)).unwrap();
    assert!(refused("j-1").ends_with("larger than 1048576 bytes"), "{}", refused("j-1"));
    fs::write(&settings, "{").unwrap();
    assert!(refused("j-1").contains("is not right"), "{}", refused("j-1"));
    fs::remove_file(&settings).unwrap();
    fs::create_dir(&settings).unwrap();
    assert!(refused("j-1").contains("not a plain file"), "{}", refused("j-1"));
    let escape = [("../evil".to_owned(), String::new())];
    let wanted = Wanted {
        agent: "stub",
        name: "..",
        needs: &Needs::default(),
        files: &escape,
        user_home: &world.user(),
        time_limit: Duration::ZERO,
    };
    let error = home::prepare(&wanted, &world.machine()).unwrap_err();
    assert!(error.to_string().contains("not a path inside the folder"), "{error}");
}

#[test]
fn whether_somebody_is_logged_in_is_seen_without_asking() {
    let state =
        |world: &World, set: &str| looks_logged_in(&needs(), &world.user(), &|name| (name == set).then(|| "x".into()));
    let world = World::new();
    assert_eq!(state(&world, ""), LoginState::No);
    assert_eq!(state(&world, "STUB_API_KEY"), LoginState::Yes);
    assert_eq!(state(&world, "STUB_BASE_URL"), LoginState::No);
    fs::write(world.user().join(FILE), r#"{"oauth": {"accessToken": "", "refreshToken": ""}}"#).unwrap();
    assert_eq!(state(&world, ""), LoginState::No);
    fs::write(world.user().join(FILE), r#"{"SERVICE_API_KEY": "k"}"#).unwrap();
    assert_eq!(state(&world, ""), LoginState::Yes);
    fs::write(world.user().join(FILE), "{").unwrap();
    assert_eq!(state(&world, ""), LoginState::Unknown);
    assert_eq!(state(&World::new().logged_in("a", "r", 0), ""), LoginState::Yes);
    assert_eq!(looks_logged_in(&Needs::default(), &world.user(), &|_| None), LoginState::Yes);
}

/// An unsigned JWT.
fn jwt(claims: &Value) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = claims.to_string().bytes().map(|byte| format!("{byte:08b}")).collect::<Vec<_>>().concat();
    let letters = bits.as_bytes().chunks(6).map(|chunk| {
        let sextet = format!("{:0<6}", std::str::from_utf8(chunk).unwrap());
        char::from(LETTERS[usize::from_str_radix(&sextet, 2).unwrap()])
    });
    format!("e30.{}.c2ln", letters.collect::<String>())
}

#[test]
fn a_token_that_says_itself_when_it_ends_and_whose_it_is() {
    let login = Login {
        file: FILE,
        access: &["tokens", "access_token"],
        refresh: &["tokens", "refresh_token"],
        expiry: Expiry::Jwt,
        renewed: &[&["tokens", "id_token"], &["last_refresh"]],
    };
    let needs = Needs { login: Some(login), ..Needs::default() };
    let file = |minutes: i64, refresh: &str, who: &str| {
        let access = jwt(&json!({"exp": NOW / 1000 + minutes * 60, "sub": who, "mark": "\u{3ff}?>"}));
        let id = jwt(&json!({"email": format!("{who}@example.com")}));
        json!({"OPENAI_API_KEY": null, "last_refresh": refresh,
            "tokens": {"account_id": "me", "access_token": access, "id_token": id, "refresh_token": refresh}})
    };
    let world = World::new();
    let users = |text: &Value| fs::write(world.user().join(FILE), text.to_string()).unwrap();
    users(&file(26, "r0", "me"));
    let home = world.prepare_as("j-1", &needs, Duration::ZERO).unwrap();
    assert!(home.login.is_none());
    let private: Value = serde_json::from_slice(&fs::read(home.path.join(FILE)).unwrap()).unwrap();
    assert_eq!(private["tokens"]["refresh_token"], "");
    home.discard().unwrap();

    users(&file(-1, "r0", "me"));
    let mut home = world.prepare_as("j-2", &needs, Duration::ZERO).unwrap();
    let mut leave = |left: Value| {
        fs::write(home.path.join(FILE), left.to_string()).unwrap();
        home.login.as_mut().unwrap().poll().unwrap()
    };
    assert!(!leave(file(600, "r1", "somebody else")));
    assert!(!leave(file(-2, "r1", "me")));
    let renewed = file(600, "r1", "me");
    assert!(leave(renewed.clone()));
    assert_eq!(world.users(), renewed);
    assert!(!leave(renewed), "only once");
    let next = file(1200, "r2", "me");
    assert!(leave(next.clone()), "a second renewal in one job is not lost");
    assert_eq!(world.users(), next);
}

#[test]
fn a_key_or_a_token_without_a_successor_is_handed_out_as_it_is() {
    let world = World::new();
    for text in [r#"{"API_KEY":"k"}"#, r#"{"oauth":{"accessToken":"a","expiresAt":1}}"#] {
        fs::write(world.user().join(FILE), text).unwrap();
        let homes = ["j-1", "j-2"].map(|name| world.prepare_as(name, &needs(), Duration::ZERO).unwrap());
        for home in homes {
            assert!(home.login.is_none());
            let private: Value = serde_json::from_slice(&fs::read(home.path.join(FILE)).unwrap()).unwrap();
            assert_eq!(private, serde_json::from_str::<Value>(text).unwrap());
            home.discard().unwrap();
        }
    }
    fs::remove_file(world.user().join(FILE)).unwrap();
    let home = world.prepare("j-1");
    assert!(!home.path.join(FILE).exists() && home::temporary(&home.path).is_dir());
}
