"""rensa: RMinHash over the full set of shingles (not its sampling `rho` path) and RMinHashLSH."""
from rensa import RMinHash, RMinHashLSH
import common


def main():
    file, out, threshold, bands = common.arguments()
    ids, texts = common.read(file)
    hashes = []
    for batch in common.batches(texts):
        sets = [common.shingles(text) for text in batch]
        hashes += RMinHash.from_token_sets(sets, num_perm=common.VALUES, seed=1)
    index = RMinHashLSH(threshold=threshold, num_perm=common.VALUES, num_bands=bands)
    index.insert_many(hashes)
    candidates = ((i, j) for i, near in enumerate(index.query_all(hashes)) for j in near if i < j)
    common.write(out, ids, ((i, j) for i, j in candidates if hashes[i].jaccard(hashes[j]) >= threshold))


main()
