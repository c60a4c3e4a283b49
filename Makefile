# make demo: see a policy enforced on a real kernel. make test: pass all tests. Both install what is missing.
.PHONY: demo test bench fuzz build check install clean
.NOTPARALLEL:

demo: build
	@mkdir -p build
	@node scripts/demo.mjs

test: build check
	@mkdir -p build
	npx vitest run --reporter=default --reporter=json --outputFile.json=build/test-report.json

check: build
	npm run --silent check:types
	npm run --silent check:lint
	npm run --silent check:format
	npm run --silent check:layers

bench: build
	node bench/main.mjs

fuzz: build
	npx vitest run --config vitest.fuzz.config.ts

build: install
	@npm run --silent build

install:
	@sh scripts/install-dependencies.sh
	@$(MAKE) --silent node_modules/.package-lock.json

node_modules/.package-lock.json: package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf dist build
