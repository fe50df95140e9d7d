#!/usr/bin/env python3
"""How often kb is right about weak citations and unknown names.

    claims.py CACHE --kb target/release/kb

Each note of notes/ is added to an empty base three ways: as it stands (its citations and names are right, so what is
marked is a false alarm), with its citations shifted by 20 to 60 lines (they should be weak), and with one made-up name
(it should be listed). Standard library only.
"""
import argparse, glob, json, os, random, re, subprocess, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CITED = re.compile(r"`([^`\s]+\.[a-z]+):(\d+)(?:-(\d+))?`")
VERBS = "resolve flush rebuild sanitize collect dispatch negotiate rotate unwrap coalesce".split()
NOUNS = "Session Ledger Payload Registry Envelope Cursor Quota Manifest Ticket Beacon".split()


def add(kb, base, folder, text, question):
    r = subprocess.run([kb, "--kb", base, "add", "--json", "--repo", folder, "--question", question], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return json.loads(r.stdout)["note"] if r.returncode == 0 else None


def held(note):
    return [c for c in note["citations"] if c["status"] == "fresh"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cache")
    p.add_argument("--kb", default="target/release/kb")
    p.add_argument("--every", type=int, default=1, help="only each N-th note")
    a = p.parse_args()
    rng, n = random.Random(1), dict.fromkeys("right weak shifted caught names flagged planted found".split(), 0)
    with tempfile.TemporaryDirectory() as base:
        for path in sorted(glob.glob(os.path.join(HERE, "notes", "notes", "*.md")))[:: a.every]:
            head, body = open(path).read().split("\n---\n", 1)
            subject = re.search(r"^subject: \{name: ([\w-]+)", head, re.M)
            asked = re.search(r'^question: *"?(.*?)"?$', head, re.M)
            folder = os.path.join(a.cache, subject[1]) if subject else ""
            if not os.path.isdir(folder):
                continue
            asked = asked[1] if asked else ""
            note = add(a.kb, base, folder, body, asked)
            if not note:
                continue
            n["right"] += len(held(note))
            n["weak"] += sum(c["weak"] for c in held(note))
            spans = re.findall(r"`([^`/\n]+)`", re.sub(r"```.*?```", "", body, flags=re.S))
            n["names"] += len({w for s in spans if not CITED.fullmatch(f"`{s}`") for w in re.findall(r"[A-Za-z_]\w{2,}", s)})
            n["flagged"] += len(note["unknown_names"])
            for name in note["unknown_names"]:
                print(os.path.basename(path), "flagged:", name)

            def shift(m):
                by = rng.choice((-1, 1)) * rng.randint(20, 60)
                first = int(m[2]) + by if int(m[2]) + by > 0 else int(m[2]) - by
                return f"`{m[1]}:{first}-{first + int(m[3] or m[2]) - int(m[2])}`"

            note = add(a.kb, base, folder, CITED.sub(shift, body), asked)
            n["shifted"] += len(held(note))
            n["caught"] += sum(c["weak"] for c in held(note))
            name = rng.choice(VERBS) + "_" + rng.choice(NOUNS).lower() if rng.random() < 0.5 else rng.choice(VERBS).title() + rng.choice(NOUNS) + "er"
            note = add(a.kb, base, folder, body + f"\n\nThen `{name}` takes over.\n", asked)
            n["planted"] += 1
            n["found"] += name in note["unknown_names"]
    share = lambda part, whole: f"{n[part]} of {n[whole]} ({100 * n[part] / max(1, n[whole]):.1f} %)"
    print("weak though right:    ", share("weak", "right"))
    print("weak when shifted:    ", share("caught", "shifted"))
    print("names wrongly listed: ", share("flagged", "names"))
    print("made-up names listed: ", share("found", "planted"))


if __name__ == "__main__":
    main()
