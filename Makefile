# make run     builds the program and starts it           make check   formatting, lints, documents
# make test    all tests, with the servers they need       make bench   measures it against a bare proxy

DATA_DIR ?= ./data
TARGET := $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help

.PHONY: run test check format format-check clippy doc drift web-check openapi bench clean help

help:
	@echo 'make run       build the release binary and start it (DATA_DIR=./data, ARGS="--listen 127.0.0.1:9000")'
	@echo 'make test      all tests; starts PostgreSQL and Redis for them where they are installed'
	@echo 'make check     formatting, lints and types of Rust and web, links in the API documentation, drift of openapi/openapi.json'
	@echo 'make format    format the code'
	@echo 'make openapi   write openapi/openapi.json anew'
	@echo 'make bench     build what is shipped (profile dist, slow to build) and measure it (ARGS="--quick")'
	@echo 'make clean     remove everything that was built; the data directory stays'

run:
	@echo 'Building the release binary with the web app; the first time takes some minutes.'
	cargo build --release -p server
	@echo 'Starting it; data is kept in $(DATA_DIR). Stop it with Ctrl-C.'
	@$(TARGET)/release/nocode-ai serve --data-dir "$(DATA_DIR)" $(ARGS)

test:
	.ci/with-servers .ci/test $(ARGS)

check: format-check clippy doc drift web-check

format:
	cargo fmt --all
	.ci/web format

format-check:
	cargo fmt --all --check

clippy:
	cargo clippy --workspace --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --lib

drift:
	cargo test --workspace --test it -- openapi:: tidy::

web-check:
	.ci/web check

# The binary comes from the tests' build: one of `-p server` alone would have other features and compile
# half the tree again.
openapi:
	cargo test --workspace --test it --no-run
	$(TARGET)/debug/nocode-ai openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json

bench:
	cargo build --profile dist -p server -p bench
	$(TARGET)/dist/bench suite --binary $(TARGET)/dist/nocode-ai $(ARGS)
	$(TARGET)/dist/bench rest --binary $(TARGET)/dist/nocode-ai $(ARGS)
	$(TARGET)/dist/bench rag --binary $(TARGET)/dist/nocode-ai $(ARGS)
	$(TARGET)/dist/bench flows --binary $(TARGET)/dist/nocode-ai $(ARGS)

clean:
	cargo clean
