#!/usr/bin/env python3
"""How often kb is right about weak citations and about what is not in the code.

    claims.py CACHE --kb target/release/kb [--every N]

Weak: each gold place of questions.jsonl in a sentence that names its symbol, and each citation of notes/ as it stands,
should be strong; the same places shifted by 20 to 60 lines should be weak. The packages are told apart in two halves.
Unknown: what notes/ name is there, so is code copied out of the packages, and what is no claim (commands, output,
examples) is none: what is listed of these is a false alarm. Made-up names, paths and excerpts should be listed.
Standard library only.
"""
import argparse, collections, glob, json, os, random, re, subprocess, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# So many names, paths and excerpts are made up for each note.
MADE_UP = 2
CITED = re.compile(r"`([^`\s]+\.[a-z]+):(\d+)(?:-(\d+))?`")
VERBS = "resolve flush rebuild sanitize collect dispatch negotiate rotate unwrap coalesce".split()
NOUNS = "Session Ledger Payload Registry Envelope Cursor Quota Manifest Ticket Beacon".split()
TAGS = {"py": "python", "rs": "rust", "js": "js", "ts": "ts", "go": "go", "java": "java", "rb": "ruby", "c": "c", "h": "c"}
NO_CLAIMS = [
    "Run it:\n\n```sh\npip install thing && ./configure --with-ledger\n```",
    "It prints:\n\n```\nTraceback: quota exceeded in ledger_flush\n```",
    "For example:\n\n```{tag}\nledger.flush_quota(cursor, beacon=1)\nticket = rotate_manifest(ledger)\n```",
    "You could write:\n\n```{tag}\nledger.flush_quota(cursor, beacon=1)\nticket = rotate_manifest(ledger)\n```",
    "The settings are read from `/etc/thing/config.toml`, sent as `application/json` to `https://example.com/a/b.js`.",
]


class Subject:
    def __init__(self, kb, cache, name):
        self.kb, self.name, self.folder, self.files = kb, name, os.path.join(cache, name), {}

    def lines(self, path):
        if path not in self.files:
            try:
                self.files[path] = open(os.path.join(self.folder, path), errors="replace").read().splitlines()
            except OSError:
                self.files[path] = []
        return self.files[path]

    def add(self, text, question="why"):
        with tempfile.TemporaryDirectory() as base:
            command = [self.kb, "--kb", base, "add", "--json", "--repo", self.folder, "--question", question]
            r = subprocess.run(command, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return json.loads(r.stdout)["note"] if r.returncode == 0 else {"citations": [], "unknown_names": [], "names_checked": 0}


def shifted(subject, path, first, last, rng):
    by, count = rng.choice((-1, 1)) * rng.randint(20, 60), len(subject.lines(path))
    by = by if 0 < first + by <= count else -by
    return (first + by, min(last + by, count)) if 0 < first + by <= count else None


def place(path, first, last):
    return f"`{path}:{first}-{last}`"


def weak(subject, gold, notes, rng):
    """Counts of (set, right or shifted) and of those that are weak."""
    n, marked = collections.Counter(), collections.Counter()
    for kind in ("right", "shifted"):
        texts = []
        for path, first, last, symbol in gold:
            lines = (first, last) if kind == "right" else shifted(subject, path, first, last, rng)
            texts += [f"`{symbol}` ({place(path, *lines)}) is the place to read."] if lines else []
        move = lambda m: place(m[1], *(shifted(subject, m[1], int(m[2]), int(m[3] or m[2]), rng) or (m[2], m[3] or m[2])))
        of_notes = [body if kind == "right" else CITED.sub(move, body) for _, body in notes]
        for name, text in (("gold", "\n\n".join(texts)), ("notes", "\n\n".join(of_notes))):
            for citation in subject.add(text)["citations"]:
                if citation["status"] == "fresh":
                    n[name, kind] += 1
                    marked[name, kind] += citation["weak"]
                    if kind == "right" and citation["weak"]:
                        print(f"{name}: weak though right: {subject.name} {citation['path']}:{citation['first']}-{citation['last']}")
    return n, marked


def made_up(rng, tag, ending):
    verb, noun = rng.choice(VERBS), rng.choice(NOUNS)
    name = f"{verb}_{noun.lower()}" if rng.random() < 0.5 else f"{verb.title()}{noun}er"
    return name, f"{rng.choice(('src', 'lib', 'core'))}/{noun.lower()}/{verb}r.{ending}", f"{noun.lower()}.{verb}_{noun.lower()}(quota, beacon)"


def excerpt(subject, path, first, last, rng):
    """Lines of a file as agents quote them."""
    lines = subject.lines(path)[first - 1 : last][:12]
    style = rng.randrange(5)
    if style == 1:
        lines = [f"{first + i:>4} | {line}" for i, line in enumerate(lines)]
    elif style == 2:
        lines = lines[:3] + ["    ..."] + lines[-3:]
    elif style == 3:
        lines = [line.strip() for line in lines]
    elif style == 4:
        lines = [f"{line}  # here" if i == 1 and path.endswith(".py") else line for i, line in enumerate(lines)]
    return "\n".join(lines)


def unknown(subject, notes, rng, n):
    for name, question, body in notes:
        cited = CITED.search(body)
        if not cited:
            continue
        path, first, last = cited[1], int(cited[2]), int(cited[3] or cited[2])
        ending = path.rsplit(".", 1)[1]
        tag = TAGS.get(ending, "python")
        real = excerpt(subject, path, first, last, rng)
        text = f"{body}\n\nSee `{path}`. The code of `{path}:{first}-{last}`:\n\n```{tag}\n{real}\n```\n\nAnd again.\n\n```{tag}\n{real}\n```\n"
        note = subject.add(text, question)
        n["names"] += note.get("names_checked", 0)
        n["flagged"] += len(note["unknown_names"])
        for listed in note["unknown_names"]:
            print(f"{name}: flagged: {listed}")
        text = "\n\n".join(NO_CLAIMS).replace("{tag}", tag)
        note = subject.add(text, question)
        n["others"] += len(NO_CLAIMS)
        n["others flagged"] += len(note["unknown_names"])
        for listed in note["unknown_names"]:
            print(f"{name}: flagged, though no claim: {listed}")
        for _ in range(MADE_UP):
            name, file, code = made_up(rng, tag, ending)
            text = f"{body}\n\nThen `{name}` takes over, in `{file}`.\n\nIn `{path}:{first}-{last}`:\n\n```{tag}\n{code}\nledger_{code}\n```\n"
            listed = subject.add(text, question)["unknown_names"]
            for kind, what in (("names", name), ("paths", file), ("excerpts", code)):
                n[f"made-up {kind}"] += 1
                n[f"made-up {kind} found"] += what in listed
                if what not in listed:
                    print(f"{subject.name}: not listed, though made up: {what}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cache")
    p.add_argument("--kb", default="target/release/kb")
    p.add_argument("--every", type=int, default=1, help="only each N-th note is held against the code")
    a = p.parse_args()
    notes, gold = collections.defaultdict(list), collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(HERE, "notes", "notes", "*.md"))):
        head, body = open(path).read().split("\n---\n", 1)
        subject, asked = re.search(r"^subject: \{name: ([\w-]+)", head, re.M), re.search(r'^question: *"?(.*?)"?$', head, re.M)
        if subject:
            notes[subject[1]].append((os.path.basename(path), asked[1] if asked else "why", body))
    for line in open(os.path.join(HERE, "questions.jsonl")):
        question = json.loads(line)
        for g in question["gold"]:
            gold[question["subject"]].append((g["path"], g["first"], g["last"], g.get("symbol") or "it"))
    rng, n = random.Random(1), collections.Counter()
    halves = [(collections.Counter(), collections.Counter()) for _ in range(2)]
    for at, name in enumerate(sorted(notes)):
        subject = Subject(a.kb, a.cache, name)
        if not os.path.isdir(subject.folder):
            continue
        for total, of_subject in zip(halves[at % 2], weak(subject, gold[name], [note[1:] for note in notes[name]], rng)):
            total.update(of_subject)
        unknown(subject, notes[name][:: a.every], rng, n)
    share = lambda part, whole: f"{part} of {whole} ({100 * part / max(1, whole):.1f} %)"
    for what in ("gold", "notes"):
        for kind, words in (("right", "weak though right"), ("shifted", "weak when shifted")):
            of_halves = [share(marked[what, kind], count[what, kind]) for count, marked in halves]
            total = share(*(sum(half[i][what, kind] for half in halves) for i in (1, 0)))
            print(f"{what}, {words}: {total}; in the halves {', '.join(of_halves)}")
    print("listed though there:  ", share(n["flagged"], n["names"]))
    print("listed though no claim:", share(n["others flagged"], n["others"]))
    for kind in ("names", "paths", "excerpts"):
        print(f"made-up {kind} listed:", share(n[f"made-up {kind} found"], n[f"made-up {kind}"]))


if __name__ == "__main__":
    main()
