# Everything that a newcomer needs. The scripts with the same names do the work.

.DEFAULT_GOAL := help
.PHONY: help run http test check lint build clean install package bench bench-quick bench-memory bench-compact bench-cluster bench-latency bench-one-second bench-node bench-python bench-php bench-http fuzz soak test-peers test-servers mutants

help:
	@echo 'make run    build the module, start a separate server with it and open redis-cli'
	@echo 'make http   the same, and start the HTTP service; prints the address of the admin page, a key and a first request'
	@echo 'make test   run all tests; with TESTS=WORD only those whose names contain it'
	@echo 'make check  check format, warnings and unit tests, in seconds'
	@echo 'make lint   check format, warnings, scripts, packages and workflows'
	@echo 'make build  build target/release/libsessions.so, sessions-http and sessions-to-cluster'
	@echo 'make clean  remove everything that was built'
	@echo
	@echo 'make install  copy the module to /usr/lib/redis/modules, the programs to /usr/bin (after make build, as root; PREFIX, DESTDIR)'
	@echo 'make package  build a Debian package in target/debian'
	@echo
	@echo 'make bench         measure everything in docs/benchmarks.md; takes half an hour'
	@echo 'make bench-quick   a shorter measurement; takes four minutes'
	@echo 'make bench-memory  print the tables of docs/memory.md, in four minutes'
	@echo 'make bench-compact print the tables of docs/compact-layout.md; takes twenty minutes'
	@echo 'make bench-cluster measure everything in docs/benchmarks-cluster.md; takes six minutes'
	@echo 'make bench-latency measure how long PING takes during each command on very many sessions, in nine minutes'
	@echo 'make bench-one-second measure everything in docs/benchmarks-one-second.md; takes two minutes'
	@echo 'make bench-node    compare the npm package with redis-sessions and connect-redis and write docs/benchmarks-node.md; takes eight minutes'
	@echo 'make bench-python  compare Django with the Python package and with django-redis; takes two minutes'
	@echo 'make bench-php     compare the Composer package with the session handler of phpredis; takes six minutes'
	@echo 'make bench-http REST_SESSIONS=FOLDER measure everything in docs/benchmarks-http.md; takes ten minutes'
	@echo 'make test-peers    show that the predecessors fail the race tests that the module passes'
	@echo 'make test-servers  run the end-to-end tests on every supported server'
	@echo 'make soak          look for memory leaks and memory errors with valgrind'
	@echo 'make fuzz          run the fuzz targets, one minute each (FUZZ_SECONDS)'
	@echo 'make mutants       show which changes to the code no unit test detects; checks one of a hundred places, slow (MUTANTS="--shard 1/100")'

run:
	@scripts/run.sh

http:
	@scripts/http.sh

test:
	@scripts/test.sh $(TESTS)

check:
	@scripts/check.sh

lint:
	@scripts/lint.sh

build:
	@scripts/setup.sh build
	@PATH="$$PATH:$$HOME/.cargo/bin" cargo build --release --locked --package sessions --package sessions-http --package sessions-to-cluster

clean:
	@rm -rf target

install:
	@scripts/install.sh

package:
	@scripts/package.sh

bench:
	@scripts/bench.sh

bench-quick:
	@scripts/bench.sh --quick

bench-memory:
	@scripts/bench-memory.sh

bench-compact:
	@scripts/bench-compact.sh

bench-cluster:
	@scripts/bench.sh --cluster

bench-latency:
	@scripts/bench.sh --latency

bench-one-second:
	@scripts/bench.sh --one-second

bench-node:
	@scripts/bench-node.sh

bench-python:
	@scripts/bench-python.sh

bench-php:
	@scripts/bench-php.sh

bench-http:
	@scripts/bench-http.sh

test-peers:
	@tests/peers-races/run.sh

test-servers:
	@scripts/test-servers.sh

soak:
	@scripts/soak.sh

fuzz:
	@scripts/fuzz.sh

mutants:
	@scripts/mutants.sh $(or $(MUTANTS),--shard 0/100)
