# The one entrance: build, install, run, test. `make help` lists the targets.
#
# PG_CONFIG      the pg_config of the server to build for (default: the one on the PATH)
# NEW_PG_CONFIG  that of a later server, to test pg_upgrade to it as well (default: to the same one)
# PG, NEW_PG     major versions instead: servers of 15-18 that the system does not have are fetched into target/servers
# LONG           1 to test also what takes long (default: without pgrx-tests/long.txt)
# DESTDIR        where `make install` puts its files below (default: the system)
# BINDIR         where it puts todo-admin (default: /usr/local/bin)

PG_CONFIG ?= pg_config
ifdef PG
PG_CONFIG := $(or $(shell pgrx-tests/scripts/server.sh $(PG)),$(error no PostgreSQL $(PG)))
endif
ifdef NEW_PG
NEW_PG_CONFIG := $(or $(shell pgrx-tests/scripts/server.sh $(NEW_PG)),$(error no PostgreSQL $(NEW_PG)))
endif
CARGO ?= cargo
BINDIR ?= /usr/local/bin

# Recursive on purpose: `make run` and `make test` install a missing PostgreSQL before these are first used.
PG_CONFIG_PATH = $(shell command -v $(PG_CONFIG))
PG_MAJOR = $(shell $(PG_CONFIG) --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
PKGLIBDIR = $(shell $(PG_CONFIG) --pkglibdir)
EXTENSION_DIR = $(shell $(PG_CONFIG) --sharedir)/extension
FEATURES = --no-default-features --features pg$(PG_MAJOR)
ADMIN_FEATURES = $(FEATURES),admin
UNIT_FEATURES = $(ADMIN_FEATURES),pg_test
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
PACKAGE = target/package
STAGE = $(CURDIR)/target/stage
UNIT_STAGE = $(CURDIR)/target/stage-unit
PYTHON_VENV = target/python
PYTHON_CLIENTS = $(patsubst pgrx-tests/interop/python/%.txt,target/python-%,$(wildcard pgrx-tests/interop/python/sqlmodel-*.txt))
NODE_MODULES = target/node
EXAMPLE_MODULES = target/example

# cargo-pgrx of the version that Cargo.toml asks for: an installed one, else one of our own.
PGRX_VERSION := $(shell sed -n 's/^pgrx = { version = "=\([^"]*\)".*/\1/p' Cargo.toml)
OWN_CARGO_PGRX := target/cargo-pgrx-$(PGRX_VERSION)/bin/cargo-pgrx
CARGO_PGRX := $(shell cargo-pgrx pgrx --version 2>/dev/null | grep -qF ' $(PGRX_VERSION)' && command -v cargo-pgrx || echo $(OWN_CARGO_PGRX))
CARGO_DENY := target/cargo-deny-0.20.2/bin/cargo-deny
CARGO_MACHETE := target/cargo-machete-0.9.2/bin/cargo-machete
CARGO_CYCLONEDX := target/cargo-cyclonedx-0.5.9/bin/cargo-cyclonedx
MDBOOK := target/mdbook-0.5.4/bin/mdbook
CARGO_DEB := target/cargo-deb-3.8.0/bin/cargo-deb
CARGO_ABOUT := target/cargo-about-0.9.3/bin/cargo-about
CARGO_ZIGBUILD := target/cargo-zigbuild-0.24.1/bin/cargo-zigbuild

# pgrx's build reads headers through this one, without a `cargo pgrx init`.
export PGRX_PG_CONFIG_PATH = $(PG_CONFIG_PATH)
# sql/build.rs has the linker keep what cargo-pgrx reads. If cargo-pgrx did that by its own flags for every crate, cargo would
# compile the dependencies once for the library and again for todo-admin.
export CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND = 1
# Exported only if the user has chosen it: scripts take it as the user's choice when it is set.
ifneq ($(if $(PG),command line,$(origin PG_CONFIG)),file)
export PG_CONFIG
endif
export NEW_PG_CONFIG LONG

.PHONY: all build library todo-admin scripts install install-library installcheck package portable dist run example test test-all \
	test-package test-portable test-dist lint unit integration bench soak fuzz valgrind audit sbom docs hashes \
	setup setup-clients stage stage-library stage-new freeze locked clean help
all: build
	@echo "make: built for PostgreSQL $(PG_MAJOR), in $(PACKAGE); sudo make install installs it"

build: library todo-admin scripts ## builds the extension, todo-admin and the SQL edition's scripts into target/package

# Before anything is built: cargo-pgrx has no --locked, and would change a Cargo.lock that does not fit Cargo.toml.
locked:
	@$(CARGO) tree --locked --quiet >/dev/null || { echo "make: please bring Cargo.lock up to date: cargo update --workspace" >&2; exit 1; }

library: locked $(if $(filter $(OWN_CARGO_PGRX),$(CARGO_PGRX)),$(OWN_CARGO_PGRX))
	@test -n "$(PG_CONFIG_PATH)" || { echo "make: $(PG_CONFIG) not found; set PG_CONFIG, or see pgrx-tests/scripts/setup.sh" >&2; exit 1; }
	mkdir -p $(PACKAGE)
	find $(PACKAGE) -mindepth 1 -maxdepth 1 ! -name todo-admin ! -name '*.sql' -exec rm -rf {} +
	$(CARGO_PGRX) pgrx package --pg-config "$(PG_CONFIG_PATH)" --out-dir $(PACKAGE) $(FEATURES)
	@sql/assemble.sh "$(PACKAGE)$(EXTENSION_DIR)"

todo-admin: library
	$(CARGO) build --release --package todo --bin todo-admin $(ADMIN_FEATURES)
	cp "$${CARGO_TARGET_DIR:-target}/release/todo-admin" $(PACKAGE)/

scripts: ## writes the scripts of the SQL edition into target/package
	@mkdir -p $(PACKAGE) && rm -f $(PACKAGE)/*.sql
	@for part in todo todo_auth todo_guard; do \
		sql/edition/build.sh $$part $(VERSION) >$(PACKAGE)/$$part-$(VERSION).sql || exit; done

# Programs of cargo's, each as target/NAME-VERSION/bin/NAME. Without optimization: compiling them takes longer than they ever run. Only
# cargo-about compares so many texts that it would take minutes.
PROGRAM_PROFILE = --debug --config profile.dev.debug=false
$(OWN_CARGO_PGRX) $(CARGO_DENY) $(CARGO_MACHETE) $(CARGO_CYCLONEDX) $(MDBOOK) $(CARGO_DEB) $(CARGO_ABOUT) $(CARGO_ZIGBUILD):
	CARGO_TARGET_DIR=target/$(@F)-build $(CARGO) install $(@F) --version '=$(patsubst target/$(@F)-%/bin/$(@F),%,$@)' --locked \
		--no-default-features $(addprefix --features ,$(PROGRAM_FEATURES)) $(PROGRAM_PROFILE) --root $(@:/bin/$(@F)=)
	rm -rf target/$(@F)-build

$(MDBOOK): PROGRAM_FEATURES = search
$(CARGO_ABOUT): PROGRAM_FEATURES = cli
$(CARGO_ABOUT): PROGRAM_PROFILE =

# Under `sudo make install`, what the user's `make` built is installed: root has no, or another, tool chain.
install: $(if $(SUDO_USER),,$(if $(shell command -v $(CARGO)),build)) ## installs library, control file, scripts and todo-admin, below DESTDIR if given
	@test -e $(PACKAGE)/todo-admin || { echo "make: run make first (no todo-admin in $(PACKAGE))" >&2; exit 1; }
	@$(MAKE) --no-print-directory install-library
	install -d "$(DESTDIR)$(BINDIR)"
	install -m 755 $(PACKAGE)/todo-admin "$(DESTDIR)$(BINDIR)/"

install-library:
	@test -e $(PACKAGE)$(PKGLIBDIR)/todo.so || { echo "make: run make first (no build for $(PG_CONFIG))" >&2; exit 1; }
	install -d "$(DESTDIR)$(PKGLIBDIR)" "$(DESTDIR)$(EXTENSION_DIR)"
	install -m 755 $(PACKAGE)$(PKGLIBDIR)/todo.so "$(DESTDIR)$(PKGLIBDIR)/"
	install -m 644 $(PACKAGE)$(EXTENSION_DIR)/todo*.control $(PACKAGE)$(EXTENSION_DIR)/todo*--*.sql "$(DESTDIR)$(EXTENSION_DIR)/"

# The documentation, and the other files that it links to.
PAGES = $(filter-out %/book.toml %/SUMMARY.md,$(wildcard docs/*))
LINKED = README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE pgrx-tests/fixtures/patterns.sql pgrx-tests/interop/python/spec/models.py

# The paths are those of Debian, even if the server was fetched.
DEB = target/deb
DEB_EXTENSION = $(DEB)/extension/usr
DEB_DOC = $(DEB_EXTENSION)/share/doc/postgresql-$(PG_MAJOR)-todo
DEB_ADMIN = $(DEB)/admin/usr
package: build $(CARGO_DEB) $(CARGO_ABOUT) ## makes Debian packages of the extension, for PG_CONFIG's version, and of todo-admin, in target/debs
	@pgrx-tests/scripts/setup.sh --package
	rm -rf $(DEB) && mkdir -p target/debs
	install -D -m 644 -t $(DEB_EXTENSION)/lib/postgresql/$(PG_MAJOR)/lib $(PACKAGE)$(PKGLIBDIR)/todo.so
	install -D -m 644 -t $(DEB_EXTENSION)/share/postgresql/$(PG_MAJOR)/extension $(PACKAGE)$(EXTENSION_DIR)/todo*
	for doc in $(DEB_DOC) $(DEB_ADMIN)/share/doc/todo-admin; do \
		mkdir -p $$doc && cp --parents --recursive $(PAGES) $(LINKED) $$doc && \
		gzip -9cn CHANGELOG.md >$$doc/changelog.gz || exit; done
	install -D -m 755 -t $(DEB_ADMIN)/bin $(PACKAGE)/todo-admin
	strip --strip-unneeded $(DEB_EXTENSION)/lib/postgresql/$(PG_MAJOR)/lib/todo.so $(DEB_ADMIN)/bin/todo-admin
	$(PACKAGE)/todo-admin man-pages $(DEB_ADMIN)/share/man/man1
	cd $(DEB_ADMIN)/share && mkdir -p bash-completion/completions zsh/vendor-completions fish/vendor_completions.d
	$(PACKAGE)/todo-admin completions bash >$(DEB_ADMIN)/share/bash-completion/completions/todo-admin
	$(PACKAGE)/todo-admin completions zsh >$(DEB_ADMIN)/share/zsh/vendor-completions/_todo-admin
	$(PACKAGE)/todo-admin completions fish >$(DEB_ADMIN)/share/fish/vendor_completions.d/todo-admin.fish
	{ printf 'ignore-build-dependencies = true\nignore-dev-dependencies = true\nprivate = { ignore = true }\n'; \
		sed -n '/^allow = /,/^]/p' deny.toml | sed 's/^allow/accepted/'; } >$(DEB)/about.toml
	$(CARGO) fetch --locked
	$(call write-notices,$(FEATURES),$(DEB_DOC))
	$(call write-notices,$(ADMIN_FEATURES),$(DEB_ADMIN)/share/doc/todo-admin)
	printf 'todo (%s-1) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- The todo contributors <todo@localhost>  %s\n' \
		$(VERSION) "$$(date -R -r CHANGELOG.md)" >$(DEB)/changelog
	for variant in pg$(PG_MAJOR) admin; do $(CARGO_DEB) --no-build --locked --variant $$variant --output target/debs/ || exit; done

# The licences of the crates that a program contains. Offline, because it would also ask other sites than the registry of crates.
define write-notices
$(CARGO_ABOUT) generate --config $(DEB)/about.toml --offline --locked --target $(shell uname -m)-unknown-linux-gnu $(1) \
	--output-file $(2)/third-party.txt pgrx-tests/scripts/notices.hbs
endef

test-package: ## installs, updates and removes these packages on a clean Debian; needs root
	@pgrx-tests/scripts/setup.sh --test-package
	@$(MAKE) --no-print-directory package
	pgrx-tests/scripts/package_test.sh $(PG_MAJOR)

# Zig links with the interfaces of an older C library. The program needs no server, and none of its headers.
ZIG = target/zig
PORTABLE_TARGET = $(shell uname -m)-unknown-linux-gnu
portable: locked $(CARGO_ZIGBUILD) $(ZIG)/.installed ## makes todo-admin for any Linux with glibc 2.17 or later, in target/portable
	PATH="$(CURDIR)/$(ZIG)/bin:$$PATH" $(CARGO_ZIGBUILD) zigbuild --release --package todo --bin todo-admin \
		--no-default-features --features portable --target $(PORTABLE_TARGET).2.17
	install -D -m 755 -t target/portable "$${CARGO_TARGET_DIR:-target}/$(PORTABLE_TARGET)/release/todo-admin"
	strip --strip-unneeded target/portable/todo-admin

test-portable: portable stage ## tests this program
	$(CARGO) build --package todo-tests --tests
	pgrx-tests/scripts/portable_test.sh

dist: ## makes a source archive of the last commit, as PGXN takes it, in target/dist
	mkdir -p target/dist
	git archive --format=zip --prefix=todo-$(VERSION)/ --output=target/dist/todo-$(VERSION).zip HEAD

test-dist: $(if $(filter $(OWN_CARGO_PGRX),$(CARGO_PGRX)),$(OWN_CARGO_PGRX)) ## builds the extension from this archive, and tests what is installed then
	@pgrx-tests/scripts/setup.sh --test-package
	@$(MAKE) --no-print-directory dist
	pgrx-tests/scripts/dist_test.sh $(VERSION) $(CARGO_PGRX)

# PGXN's clients call this target. The library, todo-admin and the scripts are tested by `make test`, before they are installed.
PG_REGRESS = $(dir $(shell $(PG_CONFIG) --pgxs))../test/regress/pg_regress
installcheck: ## tests the installed extension on a running server, which the PG* variables name, as a superuser
	@test -x $(PG_REGRESS) || { echo "make: no $(PG_REGRESS), which is in the server's development package" >&2; exit 1; }
	mkdir -p target/installcheck
	$(PG_REGRESS) --inputdir=pgrx-tests/installcheck --outputdir=target/installcheck --bindir="$$($(PG_CONFIG) --bindir)" \
		--dbname=contrib_regression --encoding=UTF8 todo

# Builds first where there is cargo, as `install` does.
freeze: $(if $(shell command -v $(CARGO)),build) ## freezes the scripts of this version, for its release
	@sql/freeze.sh "$(abspath $(PACKAGE))$(EXTENSION_DIR)"

run: setup ## shows the extension at work in a private cluster, then opens psql there
	@$(MAKE) --no-print-directory stage-library
	@pgrx-tests/scripts/cluster.sh exec pgrx-tests/scripts/demo.sh

example: ## runs the example application of docs/example in a private cluster, until Ctrl-C
	@pgrx-tests/scripts/setup.sh --example
	@$(MAKE) --no-print-directory stage-library $(EXAMPLE_MODULES)/.installed
	@pgrx-tests/scripts/cluster.sh exec pgrx-tests/scripts/example.sh $(EXAMPLE_MODULES)

test: setup-clients ## formatting, lints, unit tests, and tests against a private cluster
	@$(MAKE) --no-print-directory lint unit integration

# Servers that the system does not have are fetched.
test-all: ## the same on each supported version of PostgreSQL
	for major in 15 16 17 18; do $(MAKE) --no-print-directory test LONG=1 PG=$$major NEW_PG=18 || exit; done

lint: stage $(PYTHON_VENV)/.installed
	cd sql && sha256sum --check --quiet --strict SHA256SUMS && sha256sum -- *--*.sql $(patsubst sql/%,%,$(sort $(wildcard sql/edition/released/*.sql))) | diff - SHA256SUMS
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --no-default-features --features todo/pg$(PG_MAJOR),todo/admin -- --deny warnings
	$(PYTHON_VENV)/bin/ruff check --quiet --no-cache pgrx-tests
	$(PYTHON_VENV)/bin/ruff format --check --quiet --no-cache pgrx-tests
	@# PS005 alone is allowed: functions without a SET clause, whose bodies are qualified throughout. A body that is bound to
	@# objects is shown in quotes, as pgspot reads no other; and what it cannot read at all fails. Scripts between versions replace functions
	@# (PS002): PostgreSQL refuses that in them unless the function is a member already.
	rm -rf target/lint && mkdir -p target/lint
	for script in $(PACKAGE)$(EXTENSION_DIR)/todo--*.sql; do \
		sed 's/^BEGIN ATOMIC$$/AS $$$$/; s/^END;$$/$$$$;/' "$$script" >"target/lint/$${script##*/}"; done
	mkdir target/lint/between && mv target/lint/*--*--*.sql target/lint/between/
	{ $(PYTHON_VENV)/bin/pgspot --ignore PS005 target/lint/*.sql sql/auth/*/*.sql sql/statements/*.sql sql/admin/*.sql sql/router/directory.sql && \
		$(PYTHON_VENV)/bin/pgspot --ignore PS005 --ignore PS002 target/lint/between/*.sql; } \
		>target/lint/report || { cat target/lint/report; exit 1; }
	! grep -B 2 'out of range' target/lint/report

# Tests inside a backend (#[pg_test]) are part of a library of their own, in a server of its own. Cargo builds it together
# with the other unit tests, because cargo-pgrx would compile everything again, with other features.
unit: locked $(if $(filter $(OWN_CARGO_PGRX),$(CARGO_PGRX)),$(OWN_CARGO_PGRX))
	$(CARGO) build --package todo --lib --tests $(UNIT_FEATURES)
	@pgrx-tests/scripts/stage.sh stage-unit
	install -d "$(UNIT_STAGE)$(EXTENSION_DIR)"
	install -m 755 "$${CARGO_TARGET_DIR:-target}/debug/libtodo.so" "$(UNIT_STAGE)$(PKGLIBDIR)/todo.so"
	sed 's/@CARGO_VERSION@/$(VERSION)/' todo.control >"$(UNIT_STAGE)$(EXTENSION_DIR)/todo.control"
	$(CARGO_PGRX) pgrx schema --skip-build --out "$(UNIT_STAGE)$(EXTENSION_DIR)/todo--$(VERSION).sql" pg$(PG_MAJOR)
	$(CARGO) --config "target.'cfg(all())'.runner='$(CURDIR)/pgrx-tests/scripts/unit.sh'" \
		test --package todo --lib --bins $(UNIT_FEATURES) -- --include-ignored

integration: $(if $(NEW_PG_CONFIG),stage-new) stage $(addsuffix /.installed,$(PYTHON_VENV) $(PYTHON_CLIENTS) $(NODE_MODULES))
	$(CARGO) build --package todo-tests --tests
	pgrx-tests/scripts/integration.sh

# Uses the newest version of the clients.
bench: setup-clients ## measures functions against the same work in plain SQL; BENCH='PART ...' measures parts of it
	@$(MAKE) --no-print-directory stage $(lastword $(PYTHON_CLIENTS))/.installed
	$(CARGO) build --release --package todo-tests --bins
	BENCH_PYTHON=$(lastword $(PYTHON_CLIENTS))/bin/python pgrx-tests/scripts/cluster.sh exec target/release/bench $(BENCH)

soak: setup-clients ## lets clients work for an hour, while databases move, servers crash and standbys take over; SOAK='--minutes N' for another time
	@$(MAKE) --no-print-directory stage
	$(CARGO) build --package todo-tests --bins
	pgrx-tests/scripts/cluster.sh exec target/debug/soak $(SOAK)

fuzz: ## calls every function 10,000 times with arguments that nobody expects; FUZZ='--sets N' for another number
	@pgrx-tests/scripts/setup.sh --fuzz
	@$(MAKE) --no-print-directory stage
	$(CARGO) build --package todo-tests --bins
	pgrx-tests/scripts/cluster.sh exec target/debug/fuzz $(FUZZ)

# Tests that make tens of thousands of calls, or measure times, are left out.
valgrind: VALGRIND = $(CARGO) test --package todo-tests --no-fail-fast \
	$(addprefix --test ,guard guard_state users tasks times bulk membership isolation escalation_race) -- --include-ignored \
	$(addprefix --skip ,nobody_reaches_another_users_task an_isolated_role_walks_indexes swapping_schemas)
valgrind: ## runs tests with the server under valgrind, on Debian; VALGRIND='COMMAND...' runs others
	@pgrx-tests/scripts/setup.sh --valgrind
	@$(MAKE) --no-print-directory stage
	$(CARGO) build --package todo-tests --tests
	pgrx-tests/scripts/valgrind.sh $(VALGRIND)

# CHECKS=advisories fetches RustSec's database from GitHub.
audit: CHECKS = licenses bans sources
audit: $(CARGO_DENY) $(CARGO_MACHETE) ## checks what dependencies may be (deny.toml), and that all are used; CHECKS=advisories looks for known weaknesses instead
	$(CARGO_DENY) --locked --workspace check --deny warnings $(CHECKS)
	$(CARGO_MACHETE)

sbom: locked $(CARGO_CYCLONEDX) ## writes what the library and todo-admin are made of (SBOM, CycloneDX) into target/sbom
	mkdir -p target/sbom
	$(call write-sbom,todo,todo_cdylib,$(FEATURES))
	$(call write-sbom,todo-admin,todo-admin_bin,$(ADMIN_FEATURES))
	rm *.cdx.json pgrx-tests/*.cdx.json

# They are written beside the manifests, with the path of this checkout.
define write-sbom
$(CARGO_CYCLONEDX) cyclonedx --quiet --format json --spec-version 1.5 --describe binaries --no-build-deps $(3)
sed 's|file://$(CURDIR)|file:///todo|' $(2).cdx.json >target/sbom/$(1)-$(VERSION).cdx.json
endef

# The pages link to files outside docs/, which mdBook does not reach. So it reads a copy, with SUMMARY.md where mdBook looks for it, and with
# READMEs under the name that a site gives them: mdBook would rename the pages, and not the links to them.
BOOK = target/book
docs: $(MDBOOK) ## makes a site of the documentation, with a search, in target/docs
	rm -rf $(BOOK) target/docs
	mkdir -p $(BOOK)/src
	cp docs/book.toml $(BOOK)/
	cp --parents --recursive $(PAGES) $(LINKED) $(BOOK)/src/
	sed 's|](|](docs/|; s|](docs/\.\./|](|' docs/SUMMARY.md >$(BOOK)/src/SUMMARY.md
	mv $(BOOK)/src/README.md $(BOOK)/src/index.md
	mv $(BOOK)/src/docs/README.md $(BOOK)/src/docs/index.md
	mv $(BOOK)/src/docs/example/README.md $(BOOK)/src/docs/example/index.md
	sed -i 's|\(]([a-z./]*\)README\.md|\1index.md|g' $(BOOK)/src/*.md $(BOOK)/src/docs/*.md $(BOOK)/src/docs/*/*.md
	$(MDBOOK) build --dest-dir "$(CURDIR)/target/docs" $(BOOK)
	pgrx-tests/scripts/dead_links.py target/docs

setup:
	@pgrx-tests/scripts/setup.sh

setup-clients:
	@pgrx-tests/scripts/setup.sh --clients

# A server of our own with the extension installed, without touching the system's.
stage: todo-admin stage-library

stage-library: library
	@rm -f "$(STAGE)$(PKGLIBDIR)"/todo* "$(STAGE)$(EXTENSION_DIR)"/todo*
	@$(MAKE) --no-print-directory install-library DESTDIR="$(STAGE)" >/dev/null
	@pgrx-tests/scripts/stage.sh

# Has a package directory of its own, so that what was built for the other server stays.
stage-new:
	@$(MAKE) --no-print-directory stage PG_CONFIG="$(NEW_PG_CONFIG)" PACKAGE=target/package-new

$(PYTHON_VENV)/.installed: pgrx-tests/requirements.txt
	$(install-venv)

$(ZIG)/.installed: pgrx-tests/zig.txt
	$(install-venv)

target/python-%/.installed: pgrx-tests/interop/python/%.txt pgrx-tests/interop/python/requirements.txt
	$(install-venv)

define install-venv
python3 -m venv --clear $(@D)
$(@D)/bin/pip install --quiet --require-hashes --only-binary=:all: --requirement $<
touch $@
endef

# Needs uv. What a requirement requires must be in its file or the common one: pip installs nothing without a hash.
hashes: ## writes the hashes of the Python packages anew, after a change of a version
	for file in pgrx-tests/requirements.txt pgrx-tests/zig.txt pgrx-tests/interop/python/requirements.txt pgrx-tests/interop/python/sqlmodel-*.txt; do \
		{ grep '^[#-]' $$file; sed -n 's/^\([^ #]*==[^ ]*\).*/\1/p' $$file | \
			uv pip compile --quiet --no-deps --generate-hashes --no-annotate --no-header --python-version 3.11 -; } >target/hashes && \
		mv target/hashes $$file || exit; done

# The example needs only what package.json calls dependencies.
$(EXAMPLE_MODULES)/.installed: NPM_OPTIONS = --omit=dev --omit=optional --omit=peer
$(NODE_MODULES)/.installed $(EXAMPLE_MODULES)/.installed: $(wildcard pgrx-tests/interop/node/package*.json) pgrx-tests/interop/node/.npmrc
	mkdir -p $(@D)
	cp $^ $(@D)
	npm ci --prefix $(@D) --loglevel error $(NPM_OPTIONS)
	touch $@

clean: ## removes everything that was built
	rm -rf target

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16
