# `make run` and `make test` set up whatever is missing first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
.PHONY: run setup build test check bench clean

PROGRAM := $(or $(CARGO_TARGET_DIR),target)/release/latent-studio

# OpenMP reads its wait policy once, when libtorch loads; spinning without a bound starves the window.
ifeq ($(OMP_WAIT_POLICY)$(GOMP_SPINCOUNT),)
run bench: export GOMP_SPINCOUNT := 10000
endif

# Opens the window; arguments in ARGS. Without a display: trains a small generator and draws its pictures.
run: build
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then \
	  exec "$(PROGRAM)" $(ARGS); \
	else \
	  echo "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set): training a generator of digits without a window, in about a minute."; \
	  .ci/demo "$(PROGRAM)"; \
	fi

setup:
	@.ci/setup

build: setup
	cargo build --release

# Everything, then the ten slowest; a part with FILTER=name.
test:
	@.ci/setup test
	@.ci/test $(FILTER)

check: setup
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# A line for each measurement on the terminal, as a JSON object in out/bench.json and in a table in out/bench.md; arguments in
# ARGS, such as ARGS=train. AGAINST=python is measured in turn with us: a Python with torch, pillow and numpy.
bench: build
	@"$(PROGRAM)" bench $(ARGS) $(if $(AGAINST),--against "$(AGAINST)") --out out

clean:
	cargo clean
	rm -rf out
