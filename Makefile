.PHONY: check format

# Format, lint, types, tests: what CI runs.
check:
	ruff format --check .
	ruff check .
	mypy
	pytest

format:
	ruff format .
	ruff check --fix .
