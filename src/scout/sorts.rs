//! Sorts of places that programs of every kind have, and that questions ask to be listed: starts of
//! threads, reads of the environment, routes. What each looks like in each language, as data.

/// A sort of places.
pub(crate) struct Sort {
    /// What one is, in the plural.
    pub(crate) what: &'static str,
    /// A question that holds all words of one of these asks for it. `|` parts words of which one is enough.
    pub(crate) asked: &'static [&'static [&'static str]],
    /// Words that say no more than that.
    pub(crate) vocabulary: &'static str,
    /// Words in identifiers of which a file with such a place has one.
    pub(crate) hints: &'static str,
    /// By family of languages: a regular expression that a line of such a place matches.
    pub(crate) forms: &'static [(&'static str, &'static str)],
    /// Forms that count only in a file with a line of the other form: by family, the form, the other.
    pub(crate) given: &'static [(&'static str, &'static str, &'static str)],
    /// Whether such places are comments.
    pub(crate) in_comments: bool,
}

/// What stands for every family of languages.
pub(crate) const ANY: &str = "";

/// The sorts known.
pub(crate) static ALL: &[&Sort] = &[
    &PROCESSES,
    &THREADS,
    &ENVIRONMENT,
    &ROUTES,
    &OPTIONS,
    &RAISES,
    &HANDLERS,
    &REQUESTS,
    &LOGS,
    &LOCKS,
    &SIGNALS,
    &TODO,
    &DEPRECATED,
];

/// What most sorts have in common.
const USUAL: Sort =
    Sort { what: "", asked: &[], vocabulary: "", hints: "", forms: &[], given: &[], in_comments: false };

static PROCESSES: Sort = Sort {
    what: "starts of other programs",
    asked: &[
        &["subprocess|subprocesses"],
        &["child|external|other|shell", "process|processes|program|programs|command|commands"],
        &["process|processes", "spawned|spawn|started|forked|launched"],
    ],
    vocabulary: "subprocess subprocesses child external other shell process processes program programs command commands \
                 spawn spawned spawns start started starts fork forked launch launched run execute executed invoke invoked",
    hints: "subprocess popen system spawn exec fork command commands proc process processes builder posix execa shell passthru open3",
    forms: &[
        (
            "python",
            r"\bsubprocess\.\w+\s*\(|\bPopen\s*\(|\bos\.(system|popen|spawn\w*|exec\w*|fork\w*|posix_spawn\w*)\s*\(|\bcreate_subprocess_\w+\s*\(|\bpty\.(spawn|fork)\s*\(|\bProcessPoolExecutor\s*\(|\bmultiprocessing\.(Process|Pool)\s*\(",
        ),
        (
            "javascript",
            r"\b(child_process|cp|childProcess)\.(exec|spawn|fork)\w*\s*\(|(^|[^.\w])(exec(File)?(Sync)?|spawn(Sync)?|fork|execa\w*)\s*\(|\bDeno\.(Command|run)\b|\bBun\.spawn",
        ),
        ("rust", r"\bCommand::new\s*\(|(^|[^.\w])fork\s*\(|\bexecv\w*\s*\("),
        ("go", r"\bexec\.Command(Context)?\s*\(|\bos\.StartProcess\s*\(|\bsyscall\.(Exec|ForkExec|StartProcess)\s*\("),
        (
            "c",
            r"(^|[^.\w>])(popen|_popen|system|v?fork|exec[lv][pe]{0,2}|posix_spawnp?|CreateProcess[AW]?|ShellExecute(Ex)?[AW]?)\s*\(",
        ),
        ("java", r"\bProcessBuilder\s*\(|getRuntime\(\)\s*\.exec\s*\("),
        (
            "ruby",
            r"(^|[^.\w:])(system|spawn|exec|fork)[\s(]+\S|\bProcess\.(spawn|fork|daemon)\b|\bOpen3\.\w+|\bIO\.popen\b|\bPTY\.spawn",
        ),
        (
            "php",
            r"(^|[^.\w>:])(exec|shell_exec|system|passthru|proc_open|popen|pcntl_fork|pcntl_exec)\s*\(|\bnew\s+Process\s*\(",
        ),
        ("csharp", r"\bProcess\.Start\s*\(|\bnew\s+Process(StartInfo)?\b"),
        ("swift", r"(^|[^.\w])Process\s*\(\s*\)|\bposix_spawnp?\s*\("),
    ],
    ..USUAL
};

static THREADS: Sort = Sort {
    what: "starts of threads and background tasks",
    asked: &[&["thread|threads|goroutine|goroutines"], &["background", "task|tasks|job|jobs|worker|workers"]],
    vocabulary: "thread threads goroutine goroutines background task tasks job jobs worker workers start started starts spawn \
                 spawned create created launch launched run",
    hints: "thread threads pthread thrd executor executors goroutine worker go dispatch task launch spawn async future parallel pool timer detached ractor blocking func",
    forms: &[
        (
            "python",
            r"\b(threading\.)?(Thread|Timer)\s*\(|\bThreadPool(Executor)?\s*\(|\bstart_new_thread\s*\(|\brun_in_executor\s*\(|\bto_thread\s*\(|\basyncio\.(create_task|ensure_future)\s*\(",
        ),
        ("javascript", r"\bnew\s+(Shared)?Worker\s*\("),
        (
            "rust",
            r"\bthread::(spawn|scope|Builder)\b|(\.|::)spawn(_local)?\s*\(\s*([^)\s]|$)|\bspawn_blocking\s*\(|\bspawn\s*\(\s*(async|move)\b|\bspawn\s*\(\s*\||\brayon::(spawn|scope|join)\b",
        ),
        ("go", r"^\s*go\s+(func\b|[\w.]+\()"),
        (
            "c",
            r"\bpthread_create\s*\(|\bstd::(thread|jthread|async)\b\s*[\w({<]|\bthrd_create\s*\(|\b_?[Bb]eginthread(ex)?\s*\(|\bCreateThread\s*\(|\buv_thread_create\s*\(|\bSDL_CreateThread\s*\(",
        ),
        (
            "java",
            r"\bnew\s+\w*Thread\s*\(|\bExecutors\.new\w+|\bnew\s+\w*ThreadPoolExecutor\b|\bCompletableFuture\.(run|supply)Async\b|(^|[^.\w])thread\s*[({]|\b(GlobalScope|\w*[sS]cope)\.(launch|async)\b|\bnew\s+Handler\s*\(",
        ),
        ("ruby", r"\bThread\.(new|start|fork)\b|\bRactor\.new\b|\bConcurrent::\w+\.(new|execute)\b"),
        ("php", r"\bnew\s+Thread\b|\bparallel\\run\b|\bpcntl_fork\s*\("),
        (
            "csharp",
            r"\bnew\s+Thread\s*\(|\bTask\.(Run|Factory)\b|\bThreadPool\.\w+|\bParallel\.\w+\s*\(|\bnew\s+Timer\s*\(",
        ),
        (
            "swift",
            r"\bThread\s*[({]|\bdetachNewThread\w*|\bDispatchQueue\b.*\.(async|sync)\b|\bqueue\.(async|sync)\b|\bTask\s*\{|\bTask\.detached\b",
        ),
    ],
    ..USUAL
};

static ENVIRONMENT: Sort = Sort {
    what: "uses of environment variables",
    asked: &[&["environment|env", "variable|variables|vars|var"], &["env|envvar|envvars", "read|reads|used"]],
    vocabulary: "environment env variable variables var vars envvar envvars read reads honour honoured honored obey obeyed influence \
                 access accessed consult consulted look looked",
    hints: "environ getenv env environment setenv putenv lookupenv",
    forms: &[
        ("python", r"\bos\.(environb?|getenv|putenv|unsetenv)\b|(^|[^.\w])getenv\s*\("),
        ("javascript", r"\bprocess\.env\b|\bimport\.meta\.env\b|\bDeno\.env\b|\bBun\.env\b"),
        ("rust", r"\benv::(var|vars|var_os|vars_os|set_var|remove_var)\b"),
        ("go", r"\bos\.(Getenv|LookupEnv|Environ|Setenv|Unsetenv|ExpandEnv)\b"),
        ("c", r"\b(secure_|_w|w)?getenv(_s)?\s*\(|\b(un)?setenv\s*\(|\bputenv\s*\(|\bGetEnvironmentVariable[AW]?\s*\("),
        ("java", r"\bSystem\.getenv\b"),
        ("ruby", r"\bENV\b"),
        ("php", r"\b(getenv|putenv)\s*\(|\$_ENV\b|(^|[^.\w>:])env\s*\("),
        ("csharp", r"\b(Get|Set)EnvironmentVariables?\s*\("),
        ("swift", r"\bprocessInfo\.environment\b|\bgetenv\s*\("),
        // A variable that may be unset is one of the environment; others are told by nothing.
        ("bash", r"\$\{[A-Z][A-Z0-9_]*:?[-=?+]|\bprintenv\b"),
    ],
    ..USUAL
};

static ROUTES: Sort = Sort {
    what: "routes",
    asked: &[&["route|routes|endpoint|endpoints", "list|which|all|every|exist|are"], &["url", "pattern|patterns"]],
    vocabulary: "route routes endpoint endpoints url urls pattern patterns http api registered register declared exist serve served",
    hints: "route get post put delete patch path url rule websocket mapping handle resource resources http map match",
    forms: &[
        (
            "python",
            r#"@[\w.]+\.(route|get|post|put|delete|patch|websocket)\s*\(|(^|[^.\w])(re_)?path\s*\(\s*r?f?["']|(^|[^.\w])url\s*\(\s*r?["']|\.add_url_rule\s*\(\s*\w|\.add_(api_)?route\s*\("#,
        ),
        ("javascript", r#"\.(get|post|put|delete|patch|all|options|head|route)\s*\(\s*['"`]/"#),
        ("rust", r#"#\[(get|post|put|delete|patch|head|route)\s*\(|\.route\s*\(\s*""#),
        (
            "go",
            r#"\.(Handle|HandleFunc|Get|GET|Post|POST|Put|PUT|Delete|DELETE|Patch|PATCH|Any|Path|PathPrefix)\s*\(\s*["`]"#,
        ),
        (
            "java",
            r#"@(Get|Post|Put|Delete|Patch|Request)Mapping\b|@(Path|GET|POST|PUT|DELETE|PATCH)\b|^\s*(get|post|put|delete|patch|route)\s*\(\s*"/"#,
        ),
        ("ruby", r#"^\s*(get|post|put|patch|delete|resources?|match|root|mount)[ (]+['":]"#),
        ("php", r#"(\bRoute::|->)(get|post|put|delete|patch|options|any|map|match|group)\s*\(\s*[\['"]|#\[Route\b"#),
        ("csharp", r"\[(Http(Get|Post|Put|Delete|Patch|Head)|Route)\b|\.Map(Get|Post|Put|Delete|Patch)\s*\("),
        ("swift", r#"\.(get|post|put|delete|patch)\s*\(\s*"|\broutes\.\w+\s*\("#),
    ],
    ..USUAL
};

static OPTIONS: Sort = Sort {
    what: "command line options",
    asked: &[&[
        "command|cli",
        "line|cli",
        "option|options|flag|flags|argument|arguments|switches",
        "list|which|all|every|what",
    ]],
    vocabulary: "command line cli option options flag flags argument arguments switches accept accepted defined declared exist take taken",
    hints: "argument arg option flag flags getopt parameter clap structopt click on",
    forms: &[
        (
            "python",
            r"\.add_argument\s*\(|@[\w.]*\b(option|argument)\s*\(|\btyper\.(Option|Argument)\s*\(|\.add_option\s*\(",
        ),
        ("javascript", r"\.(option|requiredOption|addOption|positional)\s*\("),
        ("rust", r"#\[(arg|structopt|argh|command)\s*\(|\bArg::(new|with_name)\s*\(|\bimpl\s+Flag\s+for\b"),
        (
            "go",
            r"\b(flag|pflag|fs|flags|flagSet|\w*[Ff]lags\(\))\.(String|Bool|Int|Uint|Float|Duration|Count|Func|Text|Var)\w*\s*\(",
        ),
        (
            "c",
            r#"\bgetopt(_long)?(_only)?\s*\(|\{\s*"[\w-]+"\s*,\s*(no|required|optional)_argument\b|\bDEFINE_(string|bool|int32|int64|double)\s*\(|\bOPT_\w+\s*\("#,
        ),
        ("java", r"@(Option|Parameter|Parameters|Argument)\s*\(|\.addOption\s*\("),
        ("ruby", r#"\.on\s*\(?\s*['"]-|\b(class_|method_)?option\s+:"#),
        ("php", r"(->|::)add(Option|Argument)\s*\("),
        ("csharp", r"\bnew\s+(Option|Argument)<|\[(Option|Value)\s*\("),
        ("swift", r"@(Option|Flag|Argument)\b"),
    ],
    ..USUAL
};

pub(crate) static RAISES: Sort = Sort {
    what: "places that raise an error",
    asked: &[&["exception|exceptions|error|errors", "raised|raises|raise|thrown|throws|throw"]],
    vocabulary: "exception exceptions error errors raised raises raise thrown throws throw returned",
    hints: "raise throw err error errorf errors bail panic fail abort ensure fatal",
    forms: &[
        ("python", r"^\s*raise\b|\bsys\.exit\s*\("),
        (
            "rust",
            r"\bErr\s*\(([^()]|\([^()]*\))*(\)\s*($|[;?}]|,\s*$|\)\s*[;,}]?\s*$)|$)|\b(bail|panic|ensure|unreachable)!\s*\(|\.ok_or(_else)?\s*\(",
        ),
        ("go", r"\b(errors\.New|fmt\.Errorf|errors\.Wrapf?|panic|log\.Fatal\w*)\s*\("),
        ("ruby", r"(^|[^.\w])(raise|fail|abort)\b|\bthrow\s+:"),
        ("c", r"\bthrow\b|(^|[^.\w>])(abort|exit|_exit|err|errx|\w*[Ss]et_?[Ee]rror\w*)\s*\("),
        ("javascript", r"\bthrow\b|\breject\s*\(|\bnext\s*\(\s*err"),
        ("swift", r"\bthrow\b|\b(fatalError|preconditionFailure|precondition)\s*\("),
        ("bash", r"(^|[;&|]\s*|\s)exit\s+[1-9$]"),
        (ANY, r"\bthrow\b"),
    ],
    ..USUAL
};

pub(crate) static HANDLERS: Sort = Sort {
    what: "places that catch an error",
    asked: &[&["exception|exceptions|error|errors", "caught|catch|catches|swallowed|ignored"]],
    vocabulary: "exception exceptions error errors caught catch catches swallowed ignored",
    hints: "except catch rescue err recover suppress errorhandler",
    forms: &[
        ("python", r"^\s*except\b|\bsuppress\s*\(|@[\w.]*errorhandler\b"),
        ("rust", r"\bErr\s*\([^)]*\)+\s*(if [^=]*)?=>|\b(if|while) let Err\b"),
        ("go", r"\bif\b.*\berr\s*!=\s*nil\b|\brecover\s*\(\s*\)|\berrors\.(Is|As)\s*\("),
        ("ruby", r"^\s*rescue\b|\srescue\s"),
        ("bash", r"^\s*trap\b"),
        ("javascript", r"\bcatch\b|\.on\s*\(\s*['\x22]error"),
        (ANY, r"\bcatch\b"),
    ],
    ..USUAL
};

static REQUESTS: Sort = Sort {
    what: "requests over the network",
    asked: &[&[
        "network|http|outgoing",
        "request|requests|call|calls|access|accesses",
        "list|which|all|every|made|sends",
    ]],
    vocabulary: "network http outgoing request requests call calls access accesses made sends sent",
    hints: "requests urlopen fetch axios http client reqwest curl request socket connect session ureq net dial url",
    forms: &[
        (
            "python",
            r"\b(requests|httpx)\.(get|post|put|patch|delete|head|request|send)\s*\(|\burlopen\s*\(|\bsocket\.(create_connection|socket)\s*\(|\bHTTPS?Connection\s*\(",
        ),
        (
            "javascript",
            r"(^|[^.\w])fetch\s*\(|\baxios(\.\w+)?\s*\(|\bhttps?\.(get|request)\s*\(|\bnew\s+(XMLHttpRequest|WebSocket|EventSource)\b|\bnet\.(connect|createConnection)\s*\(",
        ),
        ("rust", r"\breqwest::|\bureq::|\bTcpStream::connect\b|\bUdpSocket::bind\b"),
        ("go", r"\bhttp\.(Get|Post|PostForm|Head|NewRequest\w*)\s*\(|\.Do\s*\(\s*req|\bnet\.Dial\w*\s*\("),
        ("c", r"\bcurl_easy_perform\s*\(|(^|[^.\w>])connect\s*\(|\bInternetOpenUrl"),
        ("java", r"\bHttpClient\b.*\.send|\.openConnection\s*\(|\bnew\s+(Socket|OkHttpClient)\b|\.newCall\s*\("),
        ("ruby", r"\bNet::HTTP\b|\bURI\.open\b|\bTCPSocket\.(new|open)\b|\bFaraday\.\w+"),
        ("php", r"\bcurl_exec\s*\(|\bfsockopen\s*\(|\bstream_socket_client\s*\("),
        ("csharp", r"\bHttpClient\b|\.(Get|Post|Put|Delete|Send)Async\s*\(|\bWebRequest\.Create\s*\("),
        ("swift", r"\bURLSession\b|\.dataTask\s*\("),
        ("bash", r"(^|[;&|(]\s*|\s)(curl|wget)\s"),
    ],
    given: &[
        (
            "python",
            r"\b(\w*_)?(session|client|http)\.(get|post|put|patch|delete|head|request|send|stream)\s*\(",
            r"^\s*(import|from)\s+(requests|httpx|aiohttp|urllib3)\b",
        ),
        ("rust", r"\bClient::new\s*\(|\.send\s*\(\s*\)", r"\b(reqwest|hyper|isahc|surf)\b"),
    ],
    ..USUAL
};

static LOGS: Sort = Sort {
    what: "log messages",
    asked: &[&["log", "message|messages|statement|statements|calls|lines"], &["logging", "calls|statements"]],
    vocabulary: "log message messages statement statements calls lines logging written emitted",
    hints: "log logger logging warn debug info error warning trace",
    forms: &[(
        ANY,
        r"(?i)\b(log|logger|logging|_logger|_log|slog|console|timber)(\(\))?(\.|->|::)(trace|debug|verbose|info|information|notice|warn|warning|error|exception|critical|fatal|log|print)\w*\s*\(|\b(trace|debug|info|warn|error)!\s*\(",
    )],
    ..USUAL
};

static LOCKS: Sort = Sort {
    what: "locks",
    asked: &[&["lock|locks|mutex|mutexes|synchronisation|synchronization", "list|which|all|every|used|taken"]],
    vocabulary: "lock locks mutex mutexes synchronisation synchronization used taken held exist",
    hints: "lock mutex rwlock semaphore condition synchronized flock guard once atomic",
    forms: &[
        (
            "python",
            r"\b(threading|multiprocessing|asyncio)\.(R?Lock|Condition|Semaphore|BoundedSemaphore|Event|Barrier)\s*\(|(^|[^.\w])(R?Lock|Condition|Semaphore)\s*\(\s*\)|\bflock\s*\(|\bwith\s+[\w.]*_?lock\b",
        ),
        ("rust", r"\b(Mutex|RwLock|OnceLock|Once|Condvar|Semaphore)::new\s*\(|\.(lock|try_lock)\s*\(\s*\)"),
        ("go", r"\bsync\.(Mutex|RWMutex|Once|WaitGroup|Cond)\b|\.(R?Lock)\s*\(\s*\)"),
        (
            "c",
            r"\bpthread_(mutex|rwlock|cond)_\w+\s*\(|\bstd::(mutex|shared_mutex|lock_guard|unique_lock|scoped_lock|once_flag|condition_variable)\b|\bMutexLock\b",
        ),
        (
            "java",
            r"\bsynchronized\b|\b(Reentrant\w*Lock|Semaphore|CountDownLatch|Mutex)\s*\(|\bnew\s+Object\s*\(\s*\)|\.(lock|tryLock)\s*\(\s*\)|\.withLock\s*(\(\s*\)\s*)?\{",
        ),
        ("ruby", r"\b(Mutex|Monitor|ConditionVariable|Queue)\.new\b|\.synchronize\b"),
        (
            "csharp",
            r"(^|[^.\w])lock\s*\(|\bnew\s+(SemaphoreSlim|Mutex|ReaderWriterLockSlim)\b|\bMonitor\.\w+\s*\(|\bInterlocked\.\w+",
        ),
        (
            "swift",
            r"\bNS(Recursive)?Lock\s*\(|\bos_unfair_lock\b|\bDispatchSemaphore\b|\.lock\s*\(\s*\)|\bProtected\s*\(",
        ),
        ("php", r"\bflock\s*\(|\bsem_(get|acquire)\s*\("),
        ("bash", r"(^|[;&|(]\s*|\s)flock\s"),
    ],
    ..USUAL
};

static SIGNALS: Sort = Sort {
    what: "handlers of signals of the system",
    asked: &[&["signal|signals", "handler|handlers|sigint|sigterm|unix|posix|operating"]],
    vocabulary: "signal signals handler handlers sigint sigterm unix posix operating system installed caught",
    hints: "signal sigaction notify trap sigint sigterm signals",
    forms: &[
        ("python", r"\bsignal\.(signal|sigaction|set_wakeup_fd)\s*\(|\.add_signal_handler\s*\("),
        ("javascript", r"\bprocess\.(on|once)\s*\(\s*['\x22]SIG"),
        ("rust", r"\bsignal::(unix|ctrl_c)\b|\bsignal\s*\(\s*SignalKind|\bctrlc::set_handler\b|\bsigaction\s*\("),
        ("go", r"\bsignal\.(Notify|NotifyContext|Ignore)\s*\("),
        ("c", r"(^|[^.\w>])(signal|sigaction|SetConsoleCtrlHandler)\s*\("),
        ("java", r"\bSignal\.handle\s*\(|\.addShutdownHook\s*\("),
        ("ruby", r"\b(Signal\.)?trap\b"),
        ("php", r"\bpcntl_signal\s*\("),
        ("csharp", r"\bCancelKeyPress\b|\bPosixSignalRegistration\b"),
        ("bash", r"^\s*trap\b"),
    ],
    ..USUAL
};

static TODO: Sort = Sort {
    what: "notes of what is left to do",
    asked: &[&["todo|todos|fixme|fixmes"]],
    vocabulary: "todo todos fixme fixmes comment comments note notes left open",
    hints: "todo fixme xxx hack",
    forms: &[(ANY, r"\b(TODO|FIXME|XXX|HACK)\b")],
    in_comments: true,
    ..USUAL
};

static DEPRECATED: Sort = Sort {
    what: "deprecations",
    asked: &[&["deprecated|deprecations", "list|which|all|every|what"]],
    vocabulary: "deprecated deprecations deprecation function functions method methods feature features marked",
    hints: "deprecated deprecation obsolete deprecate",
    forms: &[
        ("python", r"\bDeprecationWarning\b|\bRemovedIn\w+Warning\b|@[\w.]*deprecated\b"),
        ("rust", r"#\[deprecated\b"),
        ("csharp", r"\[Obsolete\b"),
        ("c", r"\[\[deprecated\b|__attribute__\s*\(\(\s*deprecated|\b\w*DEPRECATED\w*\b"),
        ("javascript", r"\bdeprecate\w*\s*\("),
        ("ruby", r"\bdeprecate\w*\b"),
        ("swift", r"@available\(.*deprecated"),
        ("java", r"@Deprecated\b"),
        (ANY, r"(?i)\bdeprecat\w+\s*\("),
    ],
    ..USUAL
};

impl Sort {
    /// What a place of this sort looks like in a language; none where it has no such places.
    pub(crate) fn form(&self, family: &str) -> Option<&'static str> {
        let of = |wanted: &str| self.forms.iter().find(|(known, _)| *known == wanted).map(|(_, form)| *form);
        of(family).or_else(|| of(ANY))
    }

    /// A further form, and the one that a file must have for it to count.
    pub(crate) fn given(&self, family: &str) -> Option<(&'static str, &'static str)> {
        self.given.iter().find(|(known, _, _)| *known == family).map(|(_, form, given)| (*form, *given))
    }

    /// Whether these words, in lower case, ask for it.
    pub(crate) fn is_asked(&self, words: &[String]) -> bool {
        let has = |choice: &&str| choice.split('|').any(|one| words.iter().any(|word| word == one));
        self.asked.iter().any(|all| all.iter().all(has))
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Sort};

    /// A row a sort and language: what must be found, what must be left.
    const TABLE: &[(&str, &str, &[&str], &[&str])] = &[
        (
            "starts of other programs",
            "python",
            &["subprocess.run(cmd)", "p = Popen(x)", "os.system('ls')"],
            &["system(x)", "my_subprocess = 1"],
        ),
        ("starts of other programs", "javascript", &["const p = spawn('ls')", "cp.exec('x')"], &["re.exec(text)"]),
        ("starts of other programs", "rust", &["Command::new(\"git\")"], &["Command::parse()"]),
        (
            "starts of threads and background tasks",
            "go",
            &["\tgo func() {", "go s.serve(c)"],
            &["going(x)", "// go on"],
        ),
        ("starts of threads and background tasks", "java", &["new Thread(r).start()"], &["Thread.sleep(1)"]),
        (
            "uses of environment variables",
            "python",
            &["os.environ['A']", "x = os.getenv('A')"],
            &["def environment(self):", "environ['wsgi.input']"],
        ),
        (
            "starts of threads and background tasks",
            "rust",
            &["s.spawn(|| work())", "pool.spawn("],
            &["Command::new(x).spawn()?;", "let child = spawn(&program)?;"],
        ),
        (
            "locks",
            "java",
            &["val lock = ReentrantLock()", "lock.withLock {", "new Semaphore(1)", "lock.lock();"],
            &["fun <T> Lock.withLock(action: () -> T): T {", "return@withLock"],
        ),
        ("uses of environment variables", "rust", &["std::env::var(\"A\")"], &["env::args()", "env!(\"A\")"]),
        (
            "places that raise an error",
            "rust",
            &[
                "return Err(A::B(c));",
                "    Err(error)",
                "x => Err(f(x)),",
                "Err(A {",
                "Err(e) => return Err(e),",
                "Err(x)?",
            ],
            &[
                "Err(error) => {",
                "if let Err(error) = f() {",
                "Some(Err(x)) => 1,",
                "x.unwrap_or(1)",
                "Err(_) => None,",
            ],
        ),
        (
            "places that catch an error",
            "rust",
            &["Err(error) => {", "if let Err(error) = f() {"],
            &["x.unwrap_or_default()", "x.map_err(f)?", "return Err(x);"],
        ),
        ("uses of environment variables", "javascript", &["process.env.HOME"], &["app.get('env')"]),
        (
            "routes",
            "python",
            &["@app.route('/')", "    path(\"a/\", view),", "@bp.get('/x')"],
            &["os.path.join('a')", "request.get('x')"],
        ),
        ("routes", "javascript", &["app.get('/users', f)"], &["map.get('key')"]),
        ("command line options", "rust", &["#[arg(long)]"], &["#[derive(Args)]"]),
        ("places that raise an error", "python", &["    raise ValueError(x)"], &["# raise it"]),
        ("places that raise an error", "java", &["throw new A();"], &["throws A {"]),
        ("places that catch an error", "swift", &["} catch {"], &["catchAll()"]),
        ("notes of what is left to do", "c", &["// TODO: this"], &["todo()"]),
    ];

    #[test]
    fn forms_find_their_sort_and_leave_the_rest() {
        for (what, family, found, left) in TABLE {
            let sort: &Sort = ALL.iter().find(|sort| sort.what == *what).expect("a sort");
            let form = regex::Regex::new(sort.form(family).expect("a form")).expect("a regular expression");
            for line in *found {
                assert!(form.is_match(line), "{what}: {line}");
            }
            for line in *left {
                assert!(!form.is_match(line), "{what}: {line}");
            }
        }
    }

    #[test]
    fn every_form_is_a_regular_expression() {
        for (sort, form) in ALL.iter().flat_map(|sort| sort.forms.iter().map(move |(_, form)| (sort.what, form))) {
            assert!(regex::Regex::new(form).is_ok(), "{sort}: {form}");
        }
    }
}
