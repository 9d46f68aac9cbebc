.PHONY: check quick format

# On every core. Who is done first takes tests from the others, so that a slow file holds up nobody.
TESTS = pytest -n logical --maxprocesses 8 --dist worksteal

# Format, lint, types, tests: what CI runs.
check:
	ruff format --check .
	ruff check .
	mypy
	$(TESTS)

# The tests but for the one that installs the wheel and takes a minute.
quick:
	$(TESTS) -m "not e2e"

format:
	ruff format .
	ruff check --fix .
