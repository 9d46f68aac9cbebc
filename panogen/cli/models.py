"""panogen models: what is shipped."""

import click

from panogen.base.tensors import read_json
from panogen.cli.talk import answer
from panogen.weights.shipped import shipped_models


@click.command()
def models() -> None:
    """List the shipped models: name, size, licence and what they were trained on."""
    for name, folder in shipped_models().items():
        about = read_json(folder / "config.json").get("about", {})
        megabytes = (folder / "model.safetensors").stat().st_size / 1e6
        answer(
            f"{name}\t{megabytes:.1f} MB\t{about.get('licence', 'licence not stated')}\t"
            f"{about.get('images', 0):,} crops of {about.get('trained_on', 'data not stated')} "
            f"({about.get('data_licence', 'licence not stated')})"
        )
