#!/usr/bin/env python3
"""Is a note found that answers nearly the same question, and is no other taken for it?

    offer.py CACHE [--kb KB] [--set FOLDER] [-v]

CACHE holds the packages (fetch.py), KB is kb's program (default target/release/kb), the set is a folder with questions.jsonl and
notes/ (notes/*.md, pairs.jsonl, pair-subjects.json; default: this one). All notes go into one base, each about its package.

pairs      of each pair, `b` is asked of the package that `a` was asked of: how sure is kb (`kb related --question`) that the note
           of `a` answers it? Where no note of the set has the question `a`, scout answers it first. Printed: recall at
           precision 0.95, what kb's own threshold gives, and what a threshold chosen on one half gives on the other.
rank       of the duplicates whose `a` is a note: is that note among the first three, of all notes?
questions  every question of questions.jsonl is asked, its own note left out: any note that is offered then is one too many.

Python 3.9+, git, no network.
"""
import argparse, glob, json, os, re, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def jsonl(path):
    return [json.loads(line) for line in open(path)]


class Base:
    def __init__(self, kb, cache):
        self.kb, self.cache, self.root = kb, cache, tempfile.mkdtemp()
        self.env = dict(os.environ, HOME=self.root, KB_DIR=os.path.join(self.root, "base"))
        self.env.pop("XDG_CACHE_HOME", None), self.env.pop("XDG_STATE_HOME", None), self.env.pop("XDG_CONFIG_HOME", None)
        self.run("init", self.env["KB_DIR"])

    def run(self, *args, input=""):
        run = subprocess.run([self.kb, *args], env=self.env, input=input, capture_output=True, text=True, cwd=self.root, timeout=600)
        try:
            return json.loads(run.stdout)
        except ValueError:
            return {"exit": run.returncode, "stderr": run.stderr}

    def repo(self, subject):
        return os.path.join(self.cache, subject)

    def add(self, subject, question, body):
        made = self.run("add", "--json", "--question", question, "--repo", self.repo(subject), input=body)
        return made["note"]["id"]

    def ask(self, subject, question):
        made = self.run("ask", "--agent", "scout", "--json", "--keep", "--repo", self.repo(subject), question)
        return made["note"]["id"]

    def near(self, subject, question):
        got = self.run("related", "--json", "--limit", "500", "--repo", self.repo(subject), "--question", question)
        return got.get("notes", [])


def read_note(path):
    text = open(path).read()
    _, head, body = text.split("---\n", 2)
    question = re.search(r"^question: (.*)$", head, re.M)[1]
    question = json.loads(question) if question.startswith('"') else question
    subject = re.search(r"^subject: \{name: ([^,}]+)", head, re.M)[1].strip('"')
    return subject, question, body


def at_precision(rows, least=0.95):
    """The best recall at that precision, and the score that gives it."""
    all_, hits, best = sum(same for _, same in rows), 0, (0.0, 1.01)
    for count, (score, same) in enumerate(sorted(rows, key=lambda row: (-row[0], row[1])), 1):
        hits += same
        if hits / count >= least:
            best = max(best, (hits / all_, score), key=lambda pair: pair[0])
    return best


def at_score(rows, least):
    offered = [same for score, same in rows if score >= least]
    return sum(offered) / sum(same for _, same in rows), sum(offered) / max(1, len(offered)), len(offered)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cache")
    p.add_argument("--kb", default=os.path.join(HERE, "..", "..", "target", "release", "kb"))
    p.add_argument("--set", default=HERE)
    p.add_argument("--json")
    p.add_argument("-v", action="store_true", help="print every pair and every note offered too many")
    a = p.parse_args()
    base, other = (Base(os.path.abspath(a.kb), os.path.abspath(a.cache)) for _ in range(2))
    subjects = sorted(s for s in os.listdir(a.cache) if os.path.isdir(os.path.join(a.cache, s)))
    ids, by_question = {}, {}
    for path in sorted(glob.glob(os.path.join(a.set, "notes", "notes", "*.md"))):
        subject, question, body = read_note(path)
        if subject in subjects:
            ids[base.add(subject, question, body)] = (subject, question)
            by_question.setdefault(question, []).append(subject)
    known = {q["question"]: q["subject"] for q in jsonl(os.path.join(a.set, "questions.jsonl"))}
    hand = os.path.join(a.set, "notes", "pair-subjects.json")
    hand = json.load(open(hand)) if os.path.exists(hand) else {}
    rows, ranks, missing = [], [], []
    for pair in jsonl(os.path.join(a.set, "notes", "pairs.jsonl")):
        where = hand.get(pair["id"]) or by_question.get(pair["a"]) or known.get(pair["a"])
        where = [where] if isinstance(where, str) else where
        if where is None or not set(where) <= set(subjects):
            missing.append(pair["id"])
            continue
        scores = []
        for subject in where:
            here = base if subject in by_question.get(pair["a"], []) else other
            if here is other:
                made = other.ask(subject, pair["a"])
                is_it = lambda note: note["id"] == made
            else:
                is_it = lambda note: ids[note["id"]] == (subject, pair["a"])
            near = here.near(subject, pair["b"])
            found = [(rank, note["same"]) for rank, note in enumerate(near) if is_it(note)]
            scores.append((found[0][1] if found else 0.0, found[0][0] if found else 999, subject))
            if here is other:
                other.run("rm", made)
        # One question may have been asked of several packages: the pair is about the one that fits best.
        score, rank, subject = max(scores)
        rows.append((score, pair["label"] == "duplicate"))
        if pair["label"] == "duplicate" and pair["a"] in by_question:
            ranks.append(rank)
        if a.v:
            print(f"{score:.2f} {pair['label']:9} {rank if rank < 999 else '-':>3} {subject:10} {pair['a']} | {pair['b']}")
    too_many, asked = [], 0
    for q in jsonl(os.path.join(a.set, "questions.jsonl")):
        if q["subject"] not in subjects:
            continue
        asked += 1
        for note in base.near(q["subject"], q["question"]):
            if note["same"] >= 0.5 and ids[note["id"]][1] != q["question"]:
                too_many.append((note["same"], q["subject"], q["question"], ids[note["id"]][1]))
                break
    if a.v:
        for line in sorted(too_many, reverse=True):
            print("offered too many: %.2f %s: %s | %s" % line)
    recall, score = at_precision(rows)
    ours = at_score(rows, 0.5)
    halves = [at_score(rows[1 - half::2], at_precision(rows[half::2])[1])[:2] for half in (0, 1)]
    result = {
        "pairs": len(rows), "recall_at_0.95": recall, "from_score": score, "recall": ours[0], "precision": ours[1], "offered": ours[2],
        "halves": halves, "ranked": len(ranks), "first": sum(r == 0 for r in ranks) / max(1, len(ranks)),
        "among_three": sum(r < 3 for r in ranks) / max(1, len(ranks)), "questions": asked, "offered_too_many": len(too_many), "missing": missing,
    }
    print(f"{len(rows)} pairs: recall {recall:.3f} at precision 0.95 (from {score:.2f} on); at kb's threshold recall {ours[0]:.3f}, precision {ours[1]:.3f}")
    for half, (r, pr) in zip(("second", "first"), halves):
        print(f"  threshold chosen on the other half: on the {half} half recall {r:.3f}, precision {pr:.3f}")
    print(f"{len(ranks)} duplicates of notes: first {result['first']:.3f}, among the first three {result['among_three']:.3f}")
    print(f"{asked} questions without their own note: {len(too_many)} are offered another one")
    if missing:
        print(f"left out, their package is not known or not in the cache: {' '.join(missing)}")
    if a.json:
        json.dump(result, open(a.json, "w"), indent=1)
    for one in (base, other):
        shutil.rmtree(one.root)


if __name__ == "__main__":
    main()
