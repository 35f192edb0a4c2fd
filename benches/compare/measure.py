"""Measures each tool as a whole process and prints a markdown table. Called by `run`."""
import argparse, collections, gzip, importlib.metadata, itertools, json, os, pathlib, statistics
import subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).parent
THRESHOLDS = (0.8, 0.5)

# Name, driver, package, whether it can use several threads, thresholds.
PEERS = [
    ("daft", "daft_minhash.py", "daft", True, THRESHOLDS),
    ("gaoya", "gaoya_lsh.py", "gaoya", True, THRESHOLDS),
    ("rensa, full sets", "rensa_lsh.py", "rensa", False, THRESHOLDS),
    ("rensa, rho (samples)", "rensa_rho.py", "rensa", True, (0.8,)),
    ("datasketch", "datasketch_lsh.py", "datasketch", False, THRESHOLDS),
]

Run = collections.namedtuple("Run", "tool version threads threshold out wall cpu peak")
HEADINGS = "tool|version|threads|threshold|wall s|CPU s|peak MB|MB/s|clusters|documents in them"
HEADINGS += "|recall J >= .8|recall J >= .5|precision"


def arguments():
    parser = argparse.ArgumentParser(prog="benches/compare/run", description=__doc__)
    parser.add_argument("file", help="JSON lines with the fields id and text")
    parser.add_argument("--truth", help="every pair with Jaccard >= .5 at least: id_a, id_b, jaccard, ... (tsv, tsv.gz)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, of which the median counts [%(default)s]")
    parser.add_argument("--threads", type=int, default=2, help="[%(default)s]")
    parser.add_argument("--only", help="tools whose name contains this")
    parser.add_argument("--wirecopy", default="target/release/wirecopy", help=argparse.SUPPRESS)
    return parser.parse_args()


def commands(asked, folder):
    """The tools to run: name, version, threads, threshold, where the result will be, command."""
    found = []
    for threshold in THRESHOLDS:
        out = folder / f"wirecopy-{threshold}.ndjson"
        command = [asked.wirecopy, "scan", asked.file, "--classic", "--quiet", "--jaccard", str(threshold)]
        command += ["--threads", str(asked.threads), "--report", f"pairs={out}"]
        found.append(("wirecopy --classic", version(asked.wirecopy), asked.threads, threshold, out, command))
    for name, driver, package, parallel, thresholds in PEERS:
        for threshold in thresholds:
            out = folder / f"{driver}-{threshold}.tsv"
            command = [sys.executable, str(HERE / driver), asked.file, str(out), str(threshold)]
            threads = asked.threads if parallel else 1
            found.append((name, importlib.metadata.version(package), threads, threshold, out, command))
    return [tool for tool in found if not asked.only or asked.only in tool[0]]


def version(binary):
    if not os.access(binary, os.X_OK):
        return None
    return subprocess.run([binary, "--version"], capture_output=True, text=True).stdout.split()[-1:] or ["?"]


def measured(command, environment):
    """Wall time, CPU time and peak memory in bytes of one run of a command, or what it said when it failed."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode == 0:
            return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024), None
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines() or ["no message"]
        return None, f"exit code {process.returncode}: {lines[-1]}"


def run_all(asked, folder):
    """Runs everything, and gives the runs and what went wrong. Nothing large is loaded before: a child's peak
    begins at the memory of the process that started it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.threads])
    environment = {**os.environ, "RAYON_NUM_THREADS": str(asked.threads), "DAFT_PROGRESS_BAR": "0"}
    with open(asked.file, "rb") as file:
        while file.read(1 << 20):
            pass
    runs, notes = [], []
    for tool, version, threads, threshold, out, command in commands(asked, folder):
        if version is None:
            notes.append(f"{tool} at {threshold}: SKIPPED, no {command[0]} (cargo build --release makes it)")
            continue
        print(f"{tool}, {threshold}", file=sys.stderr, flush=True)
        figures, failure = [], None
        while len(figures) < asked.repeats and not failure:
            figure, failure = measured(command, environment)
            figures.append(figure)
        if not failure and not out.exists():
            failure = "no output"
        if failure:
            notes.append(f"{tool} at {threshold}: FAILED, {failure}")
        else:
            version = version if isinstance(version, str) else version[0]
            runs.append(Run(tool, version, threads, threshold, out, *map(statistics.median, zip(*figures))))
    return runs, notes


def wirecopy_pairs(path):
    with open(path, encoding="utf-8") as file:
        for pair in map(json.loads, file):
            yield pair["a"], pair["b"], pair["jaccard"]


def truth_pairs(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        for line in itertools.islice(file, 1, None):
            a, b, jaccard, *_ = line.split("\t")
            yield a, b, float(jaccard)


def clusters(run):
    """The cluster of each document that is in one with others."""
    if run.out.suffix == ".ndjson":
        from common import union_find

        pairs = [(a, b) for a, b, jaccard in wirecopy_pairs(run.out) if jaccard >= run.threshold]
        ids = sorted({id for pair in pairs for id in pair})
        place = {id: n for n, id in enumerate(ids)}
        return dict(zip(ids, union_find(len(ids), ((place[a], place[b]) for a, b in pairs))))
    with open(run.out, encoding="utf-8") as file:
        found = dict(line.rstrip("\n").split("\t") for line in file)
    sizes = collections.Counter(found.values())
    return {id: cluster for id, cluster in found.items() if sizes[cluster] > 1}


def quality(run, truth):
    """Clusters, documents in them, recall at both thresholds, precision at the run's own."""
    if run.tool.startswith("rensa, rho"):
        with open(run.out, encoding="utf-8") as file:
            return ["-", sum(line.endswith("\tduplicate\n") for line in file), "-", "-", "-"]
    found = clusters(run)
    sizes = collections.Counter(found.values())
    figures = [len(sizes), len(found)]
    if truth is None:
        return figures + ["-", "-", "-"]
    together = {t: [0, 0] for t in THRESHOLDS}
    for a, b, jaccard in truth:
        for t in THRESHOLDS:
            if jaccard >= t:
                together[t][0] += 1
                together[t][1] += a in found and found[a] == found.get(b)
    figures += [f"{hits / total:.3f}" if total else "-" for total, hits in together.values()]
    pairs = sum(size * (size - 1) // 2 for size in sizes.values())
    return figures + [f"{together[run.threshold][1] / pairs:.3f}" if pairs else "-"]


def main():
    asked = arguments()
    size = os.path.getsize(asked.file)
    with tempfile.TemporaryDirectory() as folder:
        runs, notes = run_all(asked, pathlib.Path(folder))
        own = [run for run in runs if run.out.suffix == ".ndjson" and run.threshold == 0.5]
        if asked.truth:
            truth, source = list(truth_pairs(asked.truth)), os.path.basename(asked.truth)
        elif own:
            truth, source = list(wirecopy_pairs(own[0].out)), "wirecopy's own exact pairs"
        else:
            truth, source = None, "nothing (no --truth, no wirecopy): no recall"
        print(f"{os.path.basename(asked.file)}: {size / 1e6:.1f} MB; medians of {asked.repeats}; truth: {source}\n")
        for row in (HEADINGS.split("|"), ["---"] * len(HEADINGS.split("|"))):
            print("|", " | ".join(row), "|")
        for run in runs:
            row = [run.tool, run.version, run.threads, run.threshold, f"{run.wall:.2f}", f"{run.cpu:.2f}"]
            row += [f"{run.peak / 1e6:.0f}", f"{size / 1e6 / run.wall:.1f}", *quality(run, truth)]
            print("|", " | ".join(map(str, row)), "|")
        print("".join(f"\n{note}" for note in notes))
    sys.exit(any("FAILED" in note for note in notes))


main()
