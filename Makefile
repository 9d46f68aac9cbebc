.PHONY: check quick format

# Format, lint, types, tests: what CI runs.
check:
	ruff format --check .
	ruff check .
	mypy
	pytest

# The tests but for the one that installs the wheel and takes two minutes.
quick:
	pytest -m "not e2e"

format:
	ruff format .
	ruff check --fix .
