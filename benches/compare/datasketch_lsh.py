"""datasketch: MinHash and MinHashLSH, verified by the estimate of its signatures.

With xxHash, which is faster than its default (SHA-1).
"""
from datasketch import MinHash, MinHashLSH
from xxhash import xxh32_intdigest
import common


def main():
    file, out, threshold, bands = common.arguments()
    ids, texts = common.read(file)
    sets = ([shingle.encode() for shingle in common.shingles(text)] for text in texts)
    hashes = list(MinHash.generator(sets, num_perm=common.VALUES, hashfunc=xxh32_intdigest))
    index = MinHashLSH(num_perm=common.VALUES, params=(bands, common.VALUES // bands))
    pairs = []
    for i, own in enumerate(hashes):
        pairs += ((i, j) for j in index.query(own) if own.jaccard(hashes[j]) >= threshold)
        index.insert(i, own)
    common.write(out, ids, pairs)


main()
