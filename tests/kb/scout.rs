//! What scout says of small code bases: the right lines, and nothing that is false.

use crate::harness::Env;

/// What scout answers to a question about these files, and with which exit code.
#[track_caller]
fn ask(files: &[(&str, &str)], question: &str, code: i32) -> String {
    let env = files.iter().fold(Env::new(), |env, (path, text)| env.file(path, text));
    let run = env.kb(&format!("ask --agent scout '{question}'")).ends_with(code);
    run.stdout.clone()
}

#[track_caller]
fn says(answer: &str, told: &[&str], untold: &[&str]) {
    for text in told {
        assert!(answer.contains(text), "no {text:?} in\n{answer}");
    }
    for text in untold {
        assert!(!answer.contains(text), "{text:?} in\n{answer}");
    }
}

const SHOP: &[(&str, &str)] = &[
    ("README.md", "Shop\n====\n\nShop sells parcels over the counter. It is small.\n"),
    ("conf.py", "DEFAULTS = {\n    \"PARCEL_LIMIT\": 7,\n    \"SHELF\": 1,\n}\n"),
    (
        "store.py",
        "def weigh_parcel(parcel):\n    return parcel.weight\n\n\ndef keep_parcel(parcel, config):\n    \"\"\"Keep a parcel on a shelf.\"\"\"\n    if weigh_parcel(parcel) > config[\"PARCEL_LIMIT\"]:\n        raise ValueError(parcel)\n    config[\"SHELF\"].append(parcel)\n\n\ndef main():\n    keep_parcel(None, {})\n",
    ),
];

#[test]
fn a_name_in_the_question_leads_to_where_it_is_set_and_used() {
    let answer = ask(SHOP, "where does PARCEL_LIMIT come from", 0);
    says(
        &answer,
        &[
            "`PARCEL_LIMIT` is set here: `DEFAULTS`",
            "one line reads `\"PARCEL_LIMIT\": 7,`",
            "`store.py:7` in `keep_parcel`",
        ],
        &["Not sure"],
    );
    let answer = ask(SHOP, "who calls `weigh_parcel`", 0);
    says(&answer, &["`weigh_parcel` is defined here: `weigh_parcel`", "On one line of the source: `store.py:7`"], &[]);
}

#[test]
fn a_name_that_is_nowhere_is_told_first() {
    let answer = ask(SHOP, "where is ship_parcel defined", 1);
    let (_, text) = answer.split_once("\n\n").unwrap();
    assert!(text.starts_with("`ship_parcel` is not in this code"), "{answer}");
    let answer = ask(SHOP, "where is keepParcel", 0);
    says(&answer, &["`keepParcel` is not in this code", "Its words are those of `keep_parcel` (`store.py:5-9`)"], &[]);
}

#[test]
fn a_question_that_names_nothing_is_told_what_the_code_base_is() {
    let answer = ask(SHOP, "what about it?", 0);
    says(
        &answer,
        &["names nothing", "“Shop sells parcels over the counter.” (`README.md:4`)", "`main` (`store.py:12-13`)"],
        &["%"],
    );
}

#[test]
fn what_only_documentation_answers_is_said_to_be_documentation() {
    let notes = ("notes.txt", "Deploy\n------\nTo deploy, run the script on the server.\n");
    let files = [SHOP[2], notes];
    let answer = ask(&files, "how do I deploy", 0);
    says(&answer, &["The documentation speaks of it: `notes.txt:1-3`", "no code was found"], &["not in this code"]);
}

#[test]
fn a_list_holds_no_definition_and_no_namesake() {
    let python = "def read(session):\n    return session.get('key')\n\n\ndef put(cache):\n    cache.put(1)\n";
    let answer = ask(&[("a.py", python)], "show me every http request", 1);
    says(&answer, &["There are no requests over the network in this code"], &["session.get"]);
    let python = format!("import requests\n\n\n{python}");
    let answer = ask(&[("a.py", &python)], "list all http requests", 0);
    says(&answer, &["1 place in 1 file", "return session.get('key')"], &["cache.put"]);
    let rust = "fn spawn(work: impl Fn()) {\n    std::thread::spawn(work);\n}\n\nfn name() -> Option<&'static str> {\n    option_env!(\"NAME\")\n}\n\nfn home() -> Option<String> {\n    std::env::var(\"HOME\").ok()\n}\n";
    let answer = ask(&[("a.rs", rust)], "list all threads", 0);
    says(&answer, &["1 place in 1 file", "`a.rs:2`, in `spawn`"], &["fn spawn(work: impl Fn()) {`"]);
    let answer = ask(&[("a.rs", rust)], "which environment variables are there", 0);
    says(&answer, &["1 place in 1 file", "`a.rs:10`, in `home`"], &["- `a.rs:6`"]);
}

#[test]
fn an_excerpt_has_the_line_that_is_told_and_no_mark_for_a_single_line() {
    let mut source = format!("def carry(parcel):\n{}", "    first = 0\n".repeat(12));
    source += "    courier = find(parcel)\n    one = 1\n    courier.take(parcel)\n    two = 2\n    return courier\n";
    let answer = ask(&[("a.py", &source)], "how does a courier carry a parcel", 0);
    let code = answer.split("```").nth(1).unwrap();
    let told = answer.split(" reads `").nth(1).unwrap().split('`').next().unwrap();
    assert!(code.contains(told), "{told} in\n{answer}");
    let lines: Vec<&str> = code.lines().collect();
    let single =
        lines.windows(3).any(|three| three[0].contains("courier = ") && three[1] == "…" && three[2].contains("take("));
    assert!(!single && code.contains("one = 1"), "{answer}");
}

#[test]
fn a_trial_of_scout_says_that_it_is_built_in_and_answers() {
    let env = Env::shop();
    let run = env.kb("agents check scout").ends_with(0);
    assert!(run.stderr.contains("scout is built in"), "{run}");
    assert!(run.stdout.contains("`tell_word` is defined here: `tell_word`, a function (`hello.py:1-2`)"), "{run}");
    assert!(env.notes().is_empty());
}

#[test]
fn what_a_variable_holds_is_not_the_function_of_its_name() {
    let python = "def seal_parcel(parcel, shop):\n    close = shop.closer()\n    close(parcel)\n    stamp(parcel)\n    press_wax(parcel)\n\n\ndef close(shop):\n    shop.open = False\n    shop.lamp = False\n    shop.sign = False\n\n\ndef stamp(parcel):\n    parcel.stamp = 1\n    parcel.date = 2\n    parcel.post = 3\n\n\ndef press_wax(parcel):\n    parcel.wax = 1\n    parcel.ring = 1\n    parcel.cold = 1\n";
    let rust = "fn seal_parcel(parcel: &Parcel) {\n    let close = |one: &Parcel| one.shut();\n    close(parcel);\n    stamp(parcel);\n    press_wax(parcel);\n}\n\nfn close(shop: &Shop) {\n    shop.dark();\n    shop.shut();\n    shop.lock();\n}\n\nfn stamp(parcel: &Parcel) {\n    parcel.post();\n    parcel.date();\n}\n\nfn press_wax(parcel: &Parcel) {\n    parcel.heat();\n    parcel.ring();\n}\n";
    let inner = "def seal_parcel(parcel, shop):\n    def close(one):\n        return one\n\n    close(parcel)\n    stamp(parcel)\n    press_wax(parcel)\n\n\ndef stamp(parcel):\n    parcel.stamp = 1\n    parcel.date = 2\n    parcel.post = 3\n\n\ndef press_wax(parcel):\n    parcel.wax = 1\n    parcel.ring = 1\n    parcel.cold = 1\n";
    let other = "def close(shop):\n    shop.open = False\n    shop.lamp = False\n    shop.sign = False\n";
    for files in [&[("a.py", python)][..], &[("a.rs", rust)], &[("a.py", inner), ("b.py", other)]] {
        let answer = ask(files, "how is a parcel sealed", 0);
        says(
            &answer,
            &["What `seal_parcel` calls, in order", ": `stamp` (", ": `press_wax` ("],
            &[": `close` (", "calls `close`"],
        );
    }
}

#[test]
fn what_happens_when_something_fails_tells_who_catches_it() {
    let source = "def serve(app):\n    try:\n        app.load()\n        deliver_parcel(app)\n    except Exception as error:\n        report_loss(app, error)\n\n\ndef report_loss(app, error):\n    app.log(error)\n    app.page = 500\n    return app.page\n\n\ndef deliver_parcel(app):\n    if not app.courier:\n        raise LookupError('courier')\n    app.courier.go()\n";
    let answer = ask(&[("a.py", source)], "what happens when delivering a parcel fails", 0);
    says(
        &answer,
        &[
            "`serve` catches at `a.py:5` what comes out of `deliver_parcel`: `except Exception as error:`; calls `report_loss` (`a.py:9-12`)",
            "`deliver_parcel` raises at `a.py:17`",
        ],
        &[],
    );
}

#[test]
fn a_few_lines_of_code_answer_what_they_hold_and_nothing_else() {
    let php = "<?php\nclass LimitException extends \\RuntimeException {}\n\nclass Order\n{\n    private const MAX_LINES = 20;\n    private array $lines = [];\n\n    public function add(string $sku, int $count): void\n    {\n        if (count($this->lines) >= self::MAX_LINES) {\n            throw new LimitException('order is full');\n        }\n        $this->lines[$sku] = $count;\n    }\n\n    public function total(array $prices): float\n    {\n        $sum = 0.0;\n        foreach ($this->lines as $sku => $count) {\n            $sum += $prices[$sku] * $count;\n        }\n        return $sum;\n    }\n}\n";
    let kotlin = "class Mailer(private val transport: Transport, private val attempts: Int = 3) {\n    fun send(message: Message): Boolean {\n        repeat(attempts) { round ->\n            try {\n                transport.deliver(message)\n                return true\n            } catch (e: TransportException) {\n                Thread.sleep(100L shl round)\n            }\n        }\n        return false\n    }\n\n    fun greeting(name: String) = \"Dear $name\"\n}\n";
    let shell = "#!/bin/sh\nset -eu\ntarget=${BACKUP_DIR:-/var/backup}\n\nrotate() {\n    ls -t \"$target\" | tail -n +8 | while read -r old; do\n        rm -f \"$target/$old\"\n    done\n}\n\ndump() {\n    pg_dump \"$1\" | gzip > \"$target/$1.sql.gz\" || {\n        echo \"dump of $1 failed\" >&2\n        exit 3\n    }\n}\n\ndump \"$1\"\nrotate\n";
    for (path, source, question, told) in [
        (
            "Order.php",
            php,
            "what happens when an order has too many items, is an error raised",
            "raises at `Order.php:12`",
        ),
        ("Order.php", php, "where is the total price computed", "`Order.total`"),
        ("Mailer.kt", kotlin, "how often is sending a mail retried", "`Mailer.send`"),
        ("backup.sh", shell, "where are old backups deleted", "`rotate`"),
        ("backup.sh", shell, "what happens when the database dump fails", "`dump` raises at `backup.sh:14`"),
    ] {
        says(&ask(&[(path, source)], question, 0), &[told], &["not in this code"]);
    }
    for (path, source, question) in [
        ("Order.php", php, "how are refunds paid back"),
        ("Mailer.kt", kotlin, "where are attachments encoded"),
        ("backup.sh", shell, "how is the backup uploaded to the cloud"),
    ] {
        ask(&[(path, source)], question, 1);
    }
}
