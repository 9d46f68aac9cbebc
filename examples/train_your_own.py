"""Train a model from Python, on your own pictures or on procedural ones, and render what it has learned.

    python examples/train_your_own.py runs/mine procedural:landscapes 60

The number is for how many minutes. Detail is learned down to 128 rows of the band, which panoramas have that are 512
pixels wide or more; a second number names other rows.
"""

import sys
from pathlib import Path

import panogen
from panogen.data import open_source
from panogen.grids.view import View
from panogen.run import Run, Session, run_config, train
from panogen.training import Stage, TrainConfig

folder = Path(sys.argv[1])
data = sys.argv[2] if len(sys.argv) > 2 else "procedural:landscapes"
minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0
rows = int(sys.argv[4]) if len(sys.argv) > 4 else 128

source = open_source(data)
config = run_config(data, source, TrainConfig(), {"stages": (Stage(rows, 200_000),)})
run = Run.begin(folder, config, source)
state = train(run, source, Session(minutes=minutes))
panogen.load(folder).save(folder / "place.png", 4, View(width=512))
print(f"{state.n_images} images seen; wrote {folder / 'place.png'}")
