"""What the drivers share: reading, shingles, banding, clustering, writing.

Every driver is called as  DRIVER FILE.jsonl OUT.tsv THRESHOLD  and writes a line `id<TAB>cluster` a document.
"""
import argparse, gc, re
import numpy, orjson

VALUES = 128
WORDS_OF_SHINGLE = 5
ROWS = {0.8: 8, 0.5: 4}
WORD = re.compile(r"\w+")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("out")
    parser.add_argument("threshold", type=float, choices=ROWS)
    parsed = parser.parse_args()
    gc.disable()  # nothing here makes reference cycles, and collecting costs the peers seconds
    return parsed.file, parsed.out, parsed.threshold, VALUES // ROWS[parsed.threshold]


def read(path):
    """Ids and texts of a file of JSON lines."""
    with open(path, "rb") as file:
        records = [orjson.loads(line) for line in file]
    return [record["id"] for record in records], [record["text"] for record in records]


def shingles(text):
    """Word 5-grams of a text in lower case; a shorter text is one shingle."""
    words = WORD.findall(text.lower())
    return list(map(" ".join, zip(*(words[i:] for i in range(WORDS_OF_SHINGLE))))) or [" ".join(words)]


def batches(items, size=1000):
    return (items[i : i + size] for i in range(0, len(items), size))


def verified_pairs(signatures, threshold, bands, neighbours=64):
    """Pairs of rows that agree in a whole band and, by their estimate, reach the threshold.

    Within a bucket a row is paired with the `neighbours` next to it: larger buckets hang together by chains.
    """
    rows, found = signatures.shape[1] // bands, []
    for band in range(bands):
        part = numpy.ascontiguousarray(signatures[:, band * rows : (band + 1) * rows])
        keys = part.view(numpy.dtype((numpy.void, part.itemsize * rows))).ravel()
        order = numpy.argsort(keys, kind="stable")
        keys = keys[order]
        for distance in range(1, min(neighbours, len(keys) - 1) + 1):
            same = numpy.flatnonzero(keys[distance:] == keys[:-distance])
            if not len(same):
                break
            pair = numpy.stack([order[same], order[same + distance]])
            found.append(pair.min(0).astype(numpy.uint64) << 32 | pair.max(0).astype(numpy.uint64))
    pairs = numpy.unique(numpy.concatenate(found)) if found else numpy.zeros(0, numpy.uint64)
    for part in batches(pairs, 100_000):
        a, b = (part >> 32).astype(int), (part & 0xFFFFFFFF).astype(int)
        good = (signatures[a] == signatures[b]).mean(1) >= threshold
        yield from zip(a[good].tolist(), b[good].tolist())


def union_find(count, pairs):
    """The cluster of each of `count` documents: the least document that is reached through pairs."""
    parent = list(range(count))

    def root(x):
        while parent[x] != x:
            parent[x] = x = parent[parent[x]]
        return x

    for a, b in pairs:
        a, b = root(a), root(b)
        parent[max(a, b)] = min(a, b)
    return [root(x) for x in range(count)]


def write(path, ids, pairs):
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(f"{name}\t{cluster}\n" for name, cluster in zip(ids, union_find(len(ids), pairs)))
