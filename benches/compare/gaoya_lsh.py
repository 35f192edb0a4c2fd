"""gaoya: MinHashStringIndex with its own word 5-grams; it verifies by its signatures' estimate."""
from gaoya.minhash import MinHashStringIndex
import common


def main():
    file, out, threshold, bands = common.arguments()
    ids, texts = common.read(file)
    words = common.WORDS_OF_SHINGLE
    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=threshold,
        num_bands=bands,
        band_size=common.VALUES // bands,
        analyzer="word",
        lowercase=True,
        ngram_range=(words, words),
        id_container="smallvec",
    )
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    found = index.par_bulk_query(texts)
    common.write(out, ids, ((i, j) for i, near in enumerate(found) for j in near if i < j))


main()
