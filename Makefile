.PHONY: test
# Installs what the tests need, and runs all of them.
test:
	cargo test --locked
