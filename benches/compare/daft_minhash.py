"""daft: its reader, `normalize` and `minhash`; bands and verification in numpy, since it has none."""
import daft, numpy
from daft.functions import minhash, normalize
import common


def main():
    file, out, threshold, bands = common.arguments()
    frame = daft.read_json(file).select("id", "text")
    text = normalize(frame["text"], remove_punct=True, lowercase=True, white_space=True)
    words = common.WORDS_OF_SHINGLE
    hashes = minhash(text, num_hashes=common.VALUES, ngram_size=words, hash_function="xxhash3_64")
    table = frame.select("id", hashes.alias("hashes")).to_arrow()
    values = table["hashes"].combine_chunks().flatten().to_numpy()
    signatures = numpy.ascontiguousarray(values.reshape(-1, common.VALUES))
    common.write(out, table["id"].to_pylist(), common.verified_pairs(signatures, threshold, bands))


main()
