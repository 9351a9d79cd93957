# The one door. Each goal first gets what it is missing (Debian packages, upstream sources); a second run does nothing there.
JOBS ?= 2
SECONDS ?= 30
N ?= 1000
BUILD = build
CMAKE = cmake -S . -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
SETUP = @port/deps/setup.sh
FETCH = @port/deps/fetch.sh

.DEFAULT_GOAL := help
.PHONY: help demo test bench size fuzz cov lint interop fleet firmware flash host clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## trace an agent and its model's calls to a local HTTPS receiver and show what arrived; BOARD=x: on a board, in QEMU
ifneq ($(BOARD),)
	$(SETUP) demo firmware machine
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto cjson
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/support/demo.py --board $(BOARD)
else
	$(SETUP) demo
	$(FETCH) nanopb mbedtls opentelemetry-proto cjson
	@$(MAKE) --no-print-directory -s host
	@/usr/bin/python3 -B tests/support/demo.py --edge $(BUILD)/host/examples/edge_agent
endif

host: # optimised libraries and examples, as a user builds them
	@mkdir -p $(BUILD)
	@echo "building (about a minute the first time; words in $(BUILD)/host.log)"
	@$(CMAKE) -B $(BUILD)/host -DCMAKE_BUILD_TYPE=Release -DUSPAN_TESTS=OFF -DUSPAN_STUDIO=1 >$(BUILD)/host.log 2>&1 && \
	    cmake --build $(BUILD)/host -j $(JOBS) >>$(BUILD)/host.log 2>&1 || { cat $(BUILD)/host.log; exit 1; }

test: ## every hermetic test: gcc; clang with ASan and UBSan; TSan
	$(SETUP) test
	$(FETCH) nanopb mbedtls mbedtls2 opentelemetry-proto cjson
	@JOBS=$(JOBS) tests/build/run_tests.sh gcc asan tsan

bench: ## instructions per span, spans per second; writes build/bench.json, checks the budgets; BOARD=mps2_an386: on a Cortex-M4
ifneq ($(BOARD),)
	$(SETUP) bench firmware machine
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/bench/board.py $(BOARD)
else
	$(SETUP) bench
	$(FETCH) nanopb mbedtls opentelemetry-proto cjson
	@/usr/bin/python3 -B tests/bench/bench.py
endif

size: ## flash, RAM and stack per module; writes build/size.json and README's table, checks the budgets
	$(SETUP) size firmware machine
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto
	@/usr/bin/python3 -B tests/size/size.py --write

fuzz: ## each fuzz target for SECONDS (30), readers of LLM traffic for 60; LONG=1: those 10 million inputs each
	$(SETUP) fuzz
	$(FETCH) nanopb mbedtls cjson
	@JOBS=$(JOBS) SECONDS=$(SECONDS) tests/build/run_fuzz.sh

cov: ## line and branch coverage of core/, proto/, port/lwip and port/mbedtls; fails below their floors
	$(SETUP) cov
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto cjson
	@JOBS=$(JOBS) tests/build/run_cov.sh

lint: ## format, clang-tidy, include rules, banned calls, links
	$(SETUP) lint
	$(FETCH) nanopb mbedtls lwip cjson
	@JOBS=$(JOBS) tests/build/run_lint.sh

interop: ## against others: AgentScope, OpenAI's Agents SDK, Phoenix, the Collector, Jaeger, OpenSSL, GnuTLS, Go, rustls; PARTS="..." for some
	$(SETUP) interop browser firmware machine
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto cjson
	@port/deps/interop.sh
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/interop/run.py $(PARTS)

fleet: ## N simulated devices (1000) against the real Collector, and after an outage of it
	$(SETUP) fleet
	$(FETCH) nanopb opentelemetry-proto
	@port/deps/interop.sh collector
	@/usr/bin/python3 -B tests/interop/fleet.py $(N)

firmware: ## the example agent for a board (BOARD=x; else for all), with flash and RAM by module
	$(SETUP) firmware
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/size/boards.py $(BOARD)

flash: ## program a real board with OpenOCD (BOARD=lm3s6965evb); not tried on hardware yet
	@test "$(BOARD)" = lm3s6965evb || { echo "make flash: BOARD=lm3s6965evb is the one with hardware"; exit 1; }
	$(SETUP) firmware flash
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto
	@command -v openocd >/dev/null || { echo "make flash: there is no openocd here; cure: install OpenOCD 0.12"; exit 1; }
	@elf=$$(JOBS=$(JOBS) /usr/bin/python3 -B tests/support/firmware.py $(BOARD)) && \
	    { openocd -f board/ek-lm3s6965.cfg -c "program $$elf verify reset exit" || \
	    { echo "make flash: not programmed, for what OpenOCD says above: is the board on USB, and may you open it? $$elf is whole"; \
	    exit 1; }; }

clean: ## remove build/; fetched sources stay
	rm -rf $(BUILD)
