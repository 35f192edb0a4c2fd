"""rensa's rho path, which samples the shingles and tells only which documents have a duplicate, not of what.

Writes a line `id<TAB>duplicate` or `id<TAB>unique` a document. Bands as in its own benchmark.
"""
import numpy
from rensa import RMinHash, RMinHashLSH
import common

BANDS = 8


def main():
    file, out, threshold, _ = common.arguments()
    ids, texts = common.read(file)
    hashes, lengths = [], []
    for batch in common.batches(texts):
        for document in RMinHash.hash_token_sets([common.shingles(text) for text in batch]):
            hashes.append(numpy.array(document, numpy.uint64))
            lengths.append(len(document))
    offsets = numpy.cumsum([0, *lengths], dtype=numpy.uint64)
    flat = numpy.concatenate(hashes)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes_rho(flat, offsets, num_perm=common.VALUES, seed=1)
    index = RMinHashLSH(threshold=threshold, num_perm=common.VALUES, num_bands=BANDS)
    flags = index.query_duplicate_flags_matrix_one_shot(matrix)
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(f"{name}\t{'duplicate' if flag else 'unique'}\n" for name, flag in zip(ids, flags))


main()
