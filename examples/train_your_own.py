"""Train a model from Python, on your own pictures or on procedural ones, and render what it has learned.

    python examples/train_your_own.py runs/mine procedural:landscapes 60

The last number is for how many minutes; pictures of a place want an hour or more.
"""

import sys
from pathlib import Path

import panogen
from panogen.data import default_chart, open_source
from panogen.run import Run, RunConfig, Session, train
from panogen.training import Stage, TrainConfig

folder = Path(sys.argv[1])
data = sys.argv[2] if len(sys.argv) > 2 else "procedural:landscapes"
minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0

source = open_source(data)
recipe = TrainConfig(stages=(Stage(16, 20_000), Stage(32, 100_000)), chart=default_chart(source))
run = Run.create(folder, RunConfig(data, recipe), source)
state = train(run, source, Session(minutes=minutes, workers=2))
panogen.load(folder).save(folder / "place.png", 4, width=512)
print(f"{state.n_images} images seen; wrote {folder / 'place.png'}")
