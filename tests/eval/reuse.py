#!/usr/bin/env python3
"""Is a note ever shown in place of an answer to another question? 300 cases that look as if one could be.

    reuse.py [KB]        KB is kb's program; default target/release/kb

240 pairs of questions that differ by a negation, a name, a case, an order, a sign, ... (reuse/wording.tsv): notes that answer
all of the first ones are in one base, then each of the second ones is asked. 60 times the same question is asked where its
note must not answer it: another agent is named, the code changed, the note says that it is not there, it is about another
repository, ... And 12 pairs that are the same question (reuse/same.tsv) must be answered by their note. Prints every case
that goes wrong; the exit code is 1 if there is one. Python 3.9+, git; no network; agents are small scripts.
"""
import json, os, re, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SHOP = os.path.join(HERE, "..", "kb", "shop")
QUESTIONS = ["where are signed cookies set", "what happens when a signature is wrong", "how are invoices printed"]
ASKED = ("kept", "not_found")
BODY = "# An answer\n\n`save_cookie` does it (`shop/cookies.py:23-25`), for `handle` (`shop/app.py:14-22`).\n"


class Env:
    def __init__(self, kb):
        self.kb, self.root = kb, tempfile.mkdtemp()
        self.here = os.path.join(self.root, "shop")
        shutil.copytree(SHOP, self.here)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.root, "LANG": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                    **{f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}}
        self.git("init", "--quiet")
        self.commit()
        os.makedirs(os.path.join(self.here, "notes"))
        self.write("notes/kb.toml", "kb = 1\n")
        config = ""
        for name in ("ann", "ben"):
            self.write(f"../{name}", f"#!/bin/sh\ncat > /dev/null\ncat <<'END'\n{BODY}END\n")
            os.chmod(os.path.join(self.root, name), 0o700)
            config += f'[agents.{name}]\ncommand = ["{self.root}/{name}"]\n'
        self.write("../.config/kb/config.toml", config)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)

    def git(self, *args, at=None):
        subprocess.run(["git", *args], cwd=at or self.here, env=self.env, check=True, capture_output=True)

    def commit(self):
        self.git("add", "--all", "--", ".", ":!notes")
        self.git("commit", "--quiet", "--allow-empty", "-m", "x")

    def path(self, path):
        return os.path.join(self.here, path)

    def read(self, path):
        return open(self.path(path)).read()

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w") as f:
            f.write(text)

    def change(self, path, old, new):
        text = self.read(path)
        assert old in text, (path, old)
        self.write(path, text.replace(old, new))

    def ask(self, question, *flags, at=None, base=None):
        run = subprocess.run([self.kb, *(["--kb", base] if base else []), "ask", "--json", "--no-wall", *flags, question], cwd=at or self.here,
                             env=self.env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        try:
            return json.loads(run.stdout)
        except ValueError:
            sys.exit(f"{question}: exit code {run.returncode}: {run.stdout}{run.stderr}")

    def note(self):
        """The only note's file, relative."""
        (name,) = [name for name in os.listdir(self.path("notes")) if name.endswith(".md")]
        return f"notes/{name}"

    def edit(self, pattern, by):
        text, count = re.subn(pattern, by, self.read(self.note()), flags=re.M)
        assert count, (pattern, text)
        self.write(self.note(), text)


# Each makes a note of `q`, then asks `q` where that note must not be the answer.
def situations():
    def by_ann(e, q):
        assert e.ask(q, "--agent", "ann")["outcome"] == "kept"

    def of_scout(e, q):
        e.ask(q, "--agent", "scout")
        return e.ask(q, "--agent", "ann")

    def for_scout(e, q):
        by_ann(e, q)
        return e.ask(q, "--agent", "scout")

    def of_another(e, q):
        by_ann(e, q)
        return e.ask(q, "--agent", "ben")

    def auto_is_not_stronger(e, q):
        by_ann(e, q)
        e.edit("^agent: ann", "agent: mine")
        return e.ask(q)

    def another_model(e, q):
        by_ann(e, q)
        return e.ask(q, "--agent", "ann", "--model", "big")

    def edited(path, old, new, commit=True):
        def case(e, q):
            by_ann(e, q)
            e.change(path, old, new)
            if commit:
                e.commit()
            return e.ask(q, "--agent", "ann")
        return case

    def gone(e, q):
        by_ann(e, q)
        os.remove(e.path("shop/app.py"))
        e.commit()
        return e.ask(q, "--agent", "ann")

    def frontmatter(pattern, by):
        def case(e, q):
            by_ann(e, q)
            e.edit(pattern, by)
            return e.ask(q, "--agent", "ann")
        return case

    def not_here(answer):
        def case(e, q):
            e.write("../ann", f"#!/bin/sh\ncat > /dev/null\necho 'NOT FOUND: it is not here.{answer}'\n")
            assert e.ask(q, "--agent", "ann", "--keep")["outcome"] == "not_found"
            e.note()
            return e.ask(q, "--agent", "ann")
        return case

    def followed(e, q):
        by_ann(e, "which threads are started")
        first = e.note()
        e.ask(q, "--agent", "ann", "--follow", first)
        os.remove(e.path(first))
        return e.ask(q, "--agent", "ann")

    def with_a_note(e, q):
        by_ann(e, q)
        return e.ask(q, "--agent", "ann", "--with", "@")

    def same_name(e, q):
        """Two folders that git does not know, both called `shop`; the code differs."""
        one, other = os.path.join(e.root, "one", "shop"), os.path.join(e.root, "other", "shop")
        for folder in (one, other):
            shutil.copytree(SHOP, folder)
        with open(os.path.join(other, "shop", "cookies.py"), "a") as f:
            f.write("# end\n")
        text = open(os.path.join(other, "shop", "cookies.py")).read().replace("max_age=86400", "max_age=1")
        open(os.path.join(other, "shop", "cookies.py"), "w").write(text)
        assert e.ask(q, "--agent", "ann", "--repo", one)["outcome"] == "kept"
        return e.ask(q, "--agent", "ann", "--repo", other)

    def fork(e, q):
        e.git("remote", "add", "origin", "https://example.com/us/shop")
        by_ann(e, q)
        fork = os.path.join(e.root, "fork", "shop")
        e.git("clone", "--quiet", e.here, fork)
        e.git("remote", "set-url", "origin", "https://example.com/them/shop", at=fork)
        return e.ask(q, "--agent", "ann", at=fork, base=e.path("notes"))

    def part(e, q):
        by_ann(e, q)
        e.write("part/shop/app.py", e.read("shop/app.py"))
        e.write("part/shop/cookies.py", e.read("shop/cookies.py"))
        e.commit()
        return e.ask(q, "--agent", "ann", "--repo", e.path("part"))

    def removed(e, q):
        by_ann(e, q)
        subprocess.run([e.kb, "rm", "@"], cwd=e.here, env=e.env, check=True, capture_output=True)
        return e.ask(q, "--agent", "ann")

    return {
        "scout's note, another agent is named": of_scout,
        "another agent's note, scout is named": for_scout,
        "another agent's note": of_another,
        "an unknown agent's note, nobody is named": auto_is_not_stronger,
        "another model is named": another_model,
        "the cited lines changed": edited("shop/cookies.py", "max_age=86400", "max_age=60"),
        "the cited lines changed, not committed": edited("shop/cookies.py", "max_age=86400", "max_age=60", commit=False),
        "the cited lines moved": edited("shop/app.py", "import", "import os\nimport"),
        "a cited file is gone": gone,
        "a citation is broken": frontmatter(r"^citations:\n", "citations:\n  - shop/gone.py:1 broken=no-such-file\n"),
        "nothing is cited": frontmatter(r"(?s)^citations:\n.*?(?=^usage|^---)(?:.*)", "---\n# No citation\n"),
        "the note says that it is not there": not_here(""),
        "the note says that it is not there, and what comes near": not_here(" Nearest: `shop/cookies.py:23-25`."),
        "the note follows up another": followed,
        "it is asked with a note as context": with_a_note,
        "another folder of the same name": same_name,
        "a fork": fork,
        "a part of the repository": part,
        "the note is about two subjects": frontmatter(r"^(subjects:\n.*\n)", r"\1  - other package=pypi:other@1.0\n"),
        "a person's note that names an agent": frontmatter("^origin: agent", "origin: human"),
    }


def lines(name):
    for line in open(os.path.join(HERE, "reuse", name)):
        if not line.startswith("#"):
            yield line.rstrip("\n").split("\t")


def fill(e, questions):
    """A note of ann's for each question, cited lines fresh."""
    e.ask("which threads are started", "--agent", "ann")
    text = e.read(e.note())
    os.remove(e.path(e.note()))
    for number, question in enumerate(questions):
        id = re.sub("[^a-z]", "", f"n{number:07d}".translate(str.maketrans("0123456789", "abcdefghjk")))
        new = re.sub("^id: .*", f"id: {id}", text, flags=re.M)
        new = re.sub("^question: .*", lambda _: f"question: {json.dumps(question)}", new, flags=re.M)
        e.write(f"notes/{id}.md", new)


def main():
    kb = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "..", "target", "release", "kb"))
    wrong, asked = [], 0
    with Env(kb) as e:
        pairs = list(lines("wording.tsv"))
        fill(e, dict.fromkeys(a for _, a, _ in pairs))
        for kind, a, b in pairs:
            asked += 1
            answer = e.ask(b, "--agent", "ann")
            # What was asked as another pair's first question is answered rightly.
            if answer["outcome"] == "reused" and answer["note"]["question"] != b:
                wrong.append(f"{kind}: `{b}` was answered by `{answer['note']['question']}`")
            elif answer["outcome"] not in ASKED + ("reused",):
                wrong.append(f"{kind}: `{b}` was not asked: {answer['outcome']}")
    for name, case in situations().items():
        for question in QUESTIONS:
            asked += 1
            with Env(kb) as e:
                answer = case(e, question)
                if answer["outcome"] not in ASKED:
                    wrong.append(f"{name}: `{question}`: {answer['outcome']}")
    same = 0
    for a, b in lines("same.tsv"):
        with Env(kb) as e:
            fill(e, [a])
            same += 1
            if e.ask(b, "--agent", "ann")["outcome"] != "reused":
                wrong.append(f"not reused: `{b}` is `{a}`")
    for line in wrong:
        print(line)
    print(f"{asked} questions that no note answers, {same} that one does: {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
