#!/usr/bin/env python3
"""Measure every pair of the bundled corpus exactly and hold labels.tsv against it.

usage: check_labels.py [CORPUS]      (default: the folder this file is in; Python standard library only)

Fails (exit 1, a line for each fault) if
- labels.tsv is malformed: unknown id or relation, a not before b, a pair twice, `inner` missing, superfluous or no side of the pair;
- a pair decided by `classic` is not what the exact raw measures say;
- the note of a pair decided by `syndication` does not open with the true classic verdict, or that verdict is the relation itself;
- a pair without a label is a pair to the raw measures: equal tokens, Jaccard >= .8, or containment >= .7 with at least 20 tokens;
- page-repeats/expected.tsv names a text that does not stand on its page as often as it says.

Tokens: maximal runs of letters, marks and numbers of the NFKC-casefolded text without default-ignorable characters; one character
with its marks in scripts without spaces. The sets are of five tokens each. This knows the characters that the corpus holds, no more.
"""
import collections, json, pathlib, re, sys, unicodedata

JACCARD, CONTAINMENT, MIN_WORDS, K = .8, .7, 20, 5
RELATIONS = {"exact", "near", "contained", "partial", "templated", "update", "none"}
IGNORABLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8]+")
NO_SPACES = ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC ITERATION", "IDEOGRAPHIC NUMBER ZERO", "HIRAGANA ", "KATAKANA ", "THAI ", "LAO ", "KHMER ", "MYANMAR ")

def kind(c, cache={}):
    """' ' separates, 'w' is of a word, '1' stands alone, 'm' is a mark"""
    if c not in cache:
        cat = unicodedata.category(c)[0]
        cache[c] = " " if cat not in "LMN" else "1" if unicodedata.name(c, "").startswith(NO_SPACES) and cat != "M" else "m" if cat == "M" else "w"
    return cache[c]

def tokens(text):
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", IGNORABLE.sub("", text)).casefold())
    out, word = [], ""
    alone = False                            # the token being built is one character of a script without spaces
    for c in text:
        k = kind(c)
        if k == " ": word and out.append(word); word, alone = "", False
        elif k == "1": word and out.append(word); word, alone = c, True
        elif k == "w" and alone: out.append(word); word, alone = c, False
        else: word += c
    return out + [word] if word else out

def documents(root):
    """id -> text; a file is its own document under its path, a JSONL record under its id"""
    skip = {l.strip("/") for l in (root / ".ignore").read_text().split("\n") if l and l[0] != "#"}
    docs = {}
    for p in sorted(root.rglob("*")):
        rel = p.relative_to(root)
        if not p.is_file() or skip & set(rel.parts) or any(x.startswith(".") for x in rel.parts): continue
        if p.suffix == ".jsonl":
            for n, line in enumerate(p.read_text(encoding="utf-8").split("\n"), 1):
                if not line: continue
                d = json.loads(line)
                for f in ("id", "title", "url", "date", "source", "text"):
                    if not isinstance(d.get(f), str) or not d[f]: sys.exit(f"{rel}:{n}: no {f}")
                if d["id"] in docs: sys.exit(f"{rel}:{n}: id {d['id']} twice")
                docs[d["id"]] = d["text"]
        elif p.suffix in (".txt", ".md"): docs[rel.as_posix()] = p.read_text(encoding="utf-8")
        else: sys.exit(f"{rel}: neither document nor ignored")
    return docs

def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    docs = documents(root)
    tok = {i: tokens(t) for i, t in docs.items()}
    sets = {i: frozenset(tuple(t[k:k + K]) for k in range(max(1, len(t) - K + 1))) if t else frozenset() for i, t in tok.items()}
    faults = []

    def verdict(a, b):
        """what the raw measures say: relation and inner side, Jaccard, containments"""
        if not sets[a] or not sets[b]: return "none", "", 0., 0., 0.
        n = len(sets[a] & sets[b]); j, ca, cb = n / len(sets[a] | sets[b]), n / len(sets[a]), n / len(sets[b])
        if tok[a] == tok[b]: return "exact", "", 1., 1., 1.
        inner = a if ca > cb else b
        if j >= JACCARD: return "near", "", j, ca, cb
        if max(ca, cb) >= CONTAINMENT and len(tok[inner]) >= MIN_WORDS: return "contained", inner, j, ca, cb
        return "none", "", j, ca, cb

    lines = (root / "labels.tsv").read_text(encoding="utf-8").split("\n")
    if lines[0] != "a\tb\trelation\tinner\tdecided_by\tnote": sys.exit("labels.tsv: header")
    seen, counts = set(), collections.Counter()
    for n, line in enumerate(lines[1:], 2):
        if not line: continue
        at = f"labels.tsv:{n}"; row = line.split("\t")
        if len(row) != 6: faults.append(f"{at}: {len(row)} fields"); continue
        a, b, relation, inner, by, note = row
        if a not in docs or b not in docs: faults.append(f"{at}: no document {a if a not in docs else b}"); continue
        if a.encode() >= b.encode(): faults.append(f"{at}: {a} does not sort before {b}")
        if (a, b) in seen: faults.append(f"{at}: {a} {b} twice")
        if relation not in RELATIONS: faults.append(f"{at}: relation {relation}")
        if (relation == "contained") != (inner in (a, b)) or (relation != "contained" and inner): faults.append(f"{at}: inner {inner!r} for {relation}")
        seen.add((a, b)); counts[relation, by] += 1
        v, side, j, ca, cb = verdict(a, b); said = f"{a} {b}: measured {v} {side} (jaccard {j:.3f}, containments {ca:.3f} {cb:.3f})"
        if by == "classic":
            if v != relation or side != inner: faults.append(f"{at}: {said}, labelled {relation} {inner}")
        elif by == "syndication":
            if not re.match(rf"classic: {v}(;|$)", note): faults.append(f"{at}: {said}, noted {note!r}")
            if v == relation and side == inner: faults.append(f"{at}: {said}, so classic decides it")
        else: faults.append(f"{at}: decided_by {by}")
    ids = sorted(docs, key=str.encode)
    for x, a in enumerate(ids):
        for b in ids[x + 1:]:
            if (a, b) not in seen and (v := verdict(a, b))[0] != "none": faults.append(f"no label for {a} {b}: {v[0]} (jaccard {v[2]:.3f}, containments {v[3]:.3f} {v[4]:.3f})")
    repeats = [l.split("\t") for l in (root / "page-repeats/expected.tsv").read_text(encoding="utf-8").split("\n") if l][1:]
    for page, what, count, text in repeats:
        if page not in docs: faults.append(f"expected.tsv: no document {page}"); continue
        unit = re.split(r"\n\s*\n", docs[page]) if what == "paragraph" else docs[page].split("\n")
        found = sum(re.sub(r"^#+\s*", "", u).strip() == text for u in unit)
        if found != int(count) or what not in ("title", "heading", "paragraph", "line"): faults.append(f"expected.tsv: {page} {what}: {found} times, not {count}: {text}")
    for f in faults: print(f)
    print(f"{len(docs)} documents, {sum(len(t.encode()) for t in docs.values()):,} bytes of text, {len(seen)} labels, {len(repeats)} repeats, {len(faults)} faults")
    for (r, by), n in sorted(counts.items()): print(f"  {r:10} {by:12} {n}")
    return bool(faults)

if __name__ == "__main__":
    sys.exit(main())
