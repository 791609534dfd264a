# What a person does with this tree. Every target installs what it needs, says where it is, and does nothing twice:
# packaging/steps/ holds the steps, .build/ the stamps of those that are done.

STEPS := packaging/steps/run
BASE  := debian debian-kernel rust python engine

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench lab fuzz wheel lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing, build the engine into .venv
	@$(STEPS) $(BASE)

run: ## The gateway in the line of a lab with real clients, checked against what happened to them (KEEP=1 leaves it up)
	@$(STEPS) $(BASE) debian-lab lab-run

test: ## Every test, Rust and Python
	@$(STEPS) $(BASE) debian-lab test-rust test-python

check: ## Format, lints, types, import arrows
	@$(STEPS) $(BASE) check-rust check-python

bench: ## Speed, as ratios in one run
	@$(STEPS) $(BASE) debian-lab bench

lab: ## The lab's network and clients, left up for you (peergate lab down takes it away)
	@$(STEPS) $(BASE) debian-lab lab-up

fuzz: ## Fuzz every target (FUZZ_SECONDS=600 each, TARGET=name for one)
	@$(STEPS) debian rust fuzz

wheel: ## A wheel for this platform in dist/
	@$(STEPS) $(BASE) wheel

lock: ## Pin the Python dependencies in requirements/ (UPGRADE=1 takes newer ones)
	@$(STEPS) python lock

clean: ## Remove what was built
	@rm -rf .build .venv dist target engine/fuzz/target python/peergate/_engine*.so
