.PHONY: test python wheel dist soak bench compare screenshots

# Tests over labelled sets that are too large for the repository count as ignored where WIRECOPY_DATA does not name them.
labelled = $(if $(WIRECOPY_DATA),-- --include-ignored)

# All tests, of Arrow too, which the default build leaves out. Cargo fetches what they need; the browser test installs Debian's
# chromium where it may, the one of the Parquet report DuckDB and pandas, and the one of the packages pre-commit.
test:
	cargo test --locked --features arrow $(labelled)
	tests/browser/run
	tests/parquet/run
	tests/dist/run

# The Python package with pyarrow, polars, pandas and DuckDB.
python:
	python/run whole

# The wheel that is handed out, in target/wheels: for this machine, and every Python from 3.10 on.
venv = $(or $(CARGO_TARGET_DIR),target)/python-build
wheel:
	tests/venv $(venv) python/requirements/build.txt
	$(venv)/bin/maturin build --manifest-path python/Cargo.toml --profile dist --locked \
	    --out $(or $(CARGO_TARGET_DIR),target)/wheels

# What else is handed out, in target/dist/packages: an archive, a Debian package, npm packages, an OCI image, an SBOM and checksums.
dist:
	dist/make

# What takes longer than every change should wait for: many more random cases, 300 kills of the filter, damage of every byte of an
# index, a failure of every call that writes, what shares memory or files with others under an address sanitizer, the external
# labelled sets where WIRECOPY_DATA names them, the Python package with its neighbours, and 300,000 generated documents, natural
# and from a pool.
FUZZ_SECONDS ?= 3600
soak:
	PROPTEST_CASES=200000 WIRECOPY_BROKEN=10000 WIRECOPY_CHANGES=20000 WIRECOPY_KILLS=300 WIRECOPY_EVERY_BYTE=1 \
	    WIRECOPY_EVERY_WRITE=1 cargo test --release --locked --features arrow $(labelled)
	tests/sanitize
	python/run soak
	cargo run --release --locked --features arrow --example fuzz -- --seconds $(FUZZ_SECONDS)
	cargo build --release --locked --example generate --bin wirecopy
	benches/scale

# A bench a stage and one end to end; every container beside JSON lines; the filter over 50,000 articles, and the same over HTTP; reports of 300,000;
# the exponents of corners; memory by stage; killed runs, shares of a run, and runs within a bound.
bench:
	cargo bench --locked --bench stages
	cargo bench --locked --bench formats
	benches/filter
	benches/serve
	benches/versions
	benches/reports
	benches/corners
	cargo build --release --locked --example generate --bin wirecopy
	benches/memory
	benches/resumed
	benches/shares
	benches/bounded --runs 100000:,100000:64M,1000000:256M

# Side by side with other tools, from their registries.
compare:
	cargo build --release --locked
	benches/compare/run

# The README's pictures, of the bundled corpus; and every view with 20 and with 20,000 stories, in target/looks, to be looked at.
screenshots:
	cargo build --release --locked
	WIRECOPY=$(abspath $(or $(CARGO_TARGET_DIR),target))/release/wirecopy tests/browser/run screenshots.mjs
