"""rensa's rho path, which samples the shingles and tells only which documents have a duplicate, not of what.

Writes a line `id<TAB>duplicate` or `id<TAB>unique` a document. Bands as in its own benchmark.
"""
from rensa import RMinHash, RMinHashLSH
import common

BANDS = 8


def main():
    file, out, threshold, _ = common.arguments()
    ids, texts = common.read(file)
    sets = [common.shingles(text) for text in texts]
    matrix = RMinHash.digest_matrix_from_token_sets_rho(sets, num_perm=common.VALUES, seed=1)
    index = RMinHashLSH(threshold=threshold, num_perm=common.VALUES, num_bands=BANDS)
    flags = index.query_duplicate_flags_matrix_one_shot(matrix)
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(f"{name}\t{'duplicate' if flag else 'unique'}\n" for name, flag in zip(ids, flags))


main()
