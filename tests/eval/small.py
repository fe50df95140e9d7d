#!/usr/bin/env python3
"""How often scout says "not in this code" of a small code base, rightly and wrongly.

    small.py CACHE [--kb target/release/kb] [--sizes 0,1,8,40] [--only SUBJECTS] [-o ANSWERS.jsonl]
    small.py CACHE --whole ANSWERS.jsonl        the packages as they are, for score.py

Each question of the set is asked of small pieces of its package: the files of its places, filled up with their nearest
neighbours to so many files; size 0 is the places alone, with some lines around. Three sorts of questions have no answer there: those of the set without one, asked of pieces
around files chosen by chance (*none*), questions about a package of another field (*foreign*), and questions of the
same package asked of a piece without their places (*apart*). Of *apart* some can be answered in part, so that it is
told, but no aim. Asks `kb __scout`, the researcher without the program around it. Python 3.9+, standard library only.
"""
import argparse, concurrent.futures, json, os, random, shutil, subprocess, tempfile

import score

HERE = os.path.dirname(os.path.abspath(__file__))
CODE = (".py", ".js", ".ts", ".rs", ".go", ".c", ".h", ".java", ".rb", ".sh", ".cc", ".cpp", ".php", ".kt", ".swift", ".cs")
FIELD = {"ripgrep": "terminal", "cobra": "terminal", "serde_json": "data", "zod": "data"}  # the others: the web
MOST_PLACES = 5
AROUND = 15  # lines before and behind a place, where only places are shown
WINDOW = 60  # lines of a file without places


def scout(kb, root, question, cache=None):
    asked = json.dumps({"question": question, "root": root, "cache": cache})
    run = subprocess.run([kb, "__scout"], input=asked, stdout=subprocess.PIPE, text=True, timeout=120)
    report = json.loads(run.stdout.splitlines()[-1])["report"]
    return {"citations": report["places"], "abstained": not report["found"], "markdown": report["markdown"]}


def files_of(root):
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names if name.endswith(CODE)]
    return sorted(path for path in found if not any(part in path.lower() for part in ("test", "vendor", "example")))


def piece(files, core, size, seed, without=()):
    """The core and what stands nearest to it: the same folder first, then by how much of the path is shared."""
    chance = random.Random(seed)
    near = lambda path: max(len(os.path.commonprefix([path.split("/")[:-1], own.split("/")[:-1]])) for own in core)
    rest = [path for path in files if path not in core and path not in without]
    rest.sort(key=lambda path: (-near(path), chance.random()))
    return list(core) + rest[: max(0, size - len(core))]


def cut(path, places, seed):
    """Only the lines around the places stay, the others are made empty: so places keep their lines."""
    lines = open(path, errors="replace").read().splitlines()
    start = random.Random(seed).randrange(max(1, len(lines) - WINDOW))
    ranges = [(g["first"] - AROUND, g["last"] + AROUND) for g in places] or [(start, start + WINDOW)]
    kept = [line if any(a <= at <= b for a, b in ranges) else "" for at, line in enumerate(lines, 1)]
    with open(path, "w") as out:
        out.write("\n".join(kept) + "\n")


def cases(cache, questions, sizes):
    files = {s: files_of(os.path.join(cache, s)) for s in {q["subject"] for q in questions} if os.path.isdir(os.path.join(cache, s))}
    for q in questions:
        own, places = q["subject"], sorted({g["path"] for g in q["gold"]})
        if own not in files:
            continue
        for size in sizes:
            seed = f"{q['id']} {size}"
            chance = random.Random(seed)
            if not places:
                for turn in range(3):
                    core = [chance.choice(files[own])]
                    yield "none", size, q, own, piece(files[own], core, size, seed)
                continue
            if len(places) <= MOST_PLACES:
                yield "here", size, q, own, piece(files[own], places, size, seed)
            others = [s for s in sorted(files) if FIELD.get(s) != FIELD.get(own)]
            other = chance.choice(others)
            yield "foreign", size, q, other, piece(files[other], [chance.choice(files[other])], size, seed)
            rest = [path for path in files[own] if path not in places]
            if rest:
                yield "apart", size, q, own, piece(files[own], [chance.choice(rest)], size, seed, places)


def ask(case, cache, kb):
    sort, size, q, subject, files = case
    with tempfile.TemporaryDirectory() as root:
        for path in files:
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            shutil.copyfile(os.path.join(cache, subject, path), os.path.join(root, path))
            if size == 0:
                cut(os.path.join(root, path), [g for g in q["gold"] if sort == "here" and g["path"] == path], q["id"])
        return {"sort": sort, "size": size, "id": q["id"], "of": subject, "files": len(files), **scout(kb, root, q["question"])}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cache")
    p.add_argument("--kb", default=os.path.join(HERE, "../../target/release/kb"))
    p.add_argument("--sizes", default="0,1,8,40")
    p.add_argument("--only", default="")
    p.add_argument("-o", "--out")
    p.add_argument("--whole")
    a = p.parse_args()
    kb = os.path.abspath(a.kb)
    questions = [json.loads(line) for line in open(os.path.join(HERE, "questions.jsonl"))]
    questions = [q for q in questions if not a.only or q["subject"] in a.only.split(",")]
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    if a.whole:
        root = lambda q: os.path.realpath(os.path.join(a.cache, q["subject"]))
        with tempfile.TemporaryDirectory() as kept, open(a.whole, "w") as out:
            facts = lambda q: os.path.join(kept, q["subject"])
            answers = pool.map(lambda q: {"id": q["id"], "seconds": None, **scout(kb, root(q), q["question"], facts(q))}, questions)
            out.writelines(json.dumps(answer) + "\n" for answer in answers)
        return
    answers = list(pool.map(lambda case: ask(case, a.cache, kb), cases(a.cache, questions, [int(s) for s in a.sizes.split(",")])))
    if a.out:
        with open(a.out, "w") as out:
            out.writelines(json.dumps(answer) + "\n" for answer in answers)
    gold = {q["id"]: q for q in questions}
    sizes = sorted({answer["size"] for answer in answers})
    print(f"{'files':10}{'wrong not here':>20}{'R@5':>8}" + "".join(f"{sort + ' told so':>20}" for sort in ("none", "foreign", "apart")))
    for size in [*sizes, None]:
        some = [answer for answer in answers if size in (None, answer["size"])]
        of = {sort: [x for x in some if x["sort"] == sort] for sort in ("here", "none", "foreign", "apart")}
        share = lambda xs: f"{sum(x['abstained'] for x in xs)}/{len(xs)} {sum(x['abstained'] for x in xs) / max(1, len(xs)):.3f}"
        r5 = [score.judge(gold[x["id"]], x)["r5"] for x in of["here"]]
        told = "".join(f"{share(of[sort]):>20}" for sort in ("none", "foreign", "apart"))
        print(f"{'all' if size is None else size:<10}{share(of['here']):>20}{sum(r5) / max(1, len(r5)):8.3f}{told}")


if __name__ == "__main__":
    main()
