.PHONY: test soak bench compare

# All tests. Cargo fetches what they need; nothing else has to be installed.
test:
	cargo test --locked

# What takes longer than every change should wait for: many more random cases, 300 kills of the filter, the external labelled sets where
# WIRECOPY_DATA names them, and 300,000 generated documents, natural and from a pool.
soak:
	PROPTEST_CASES=200000 WIRECOPY_KILLS=300 cargo test --release --locked
	cargo build --release --locked --example generate --bin wirecopy
	benches/scale

# A bench a stage, one end to end, and the filter over 50,000 articles.
bench:
	cargo bench --locked --bench stages
	benches/filter

# Side by side with other tools, from their registries.
compare:
	cargo build --release --locked
	benches/compare/run
