"""python -m panogen."""

from panogen.cli.main import main

main(prog_name="panogen")
