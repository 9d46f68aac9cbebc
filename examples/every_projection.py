"""One place in every projection, on one sheet: the picture of docs/projections.md.

python examples/every_projection.py docs/pictures/projections.jpg
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import panogen
from panogen.geometry import from_azimuth_elevation
from panogen.grids.view import View
from panogen.pictures.formats import save_picture

out = Path(sys.argv[1] if len(sys.argv) > 1 else "projections.jpg")
width = int(sys.argv[2]) if len(sys.argv) > 2 else 1200  # of the sheet without its gaps: a multiple of 24
GAP, TEXT = 12, 16


def panini(columns: int, rows: int, fov_deg: float) -> np.ndarray:
    """Directions (rows, columns, 3) of Panini's projection: wide, and its verticals are straight. It is no grid of
    panogen's, so it goes there as a file of points."""
    edge = 2 * np.tan(np.radians(fov_deg) / 4)
    right = np.linspace(-edge, edge, columns + 1)[:-1] + edge / columns
    up = np.arange(rows / 2 - 0.5, -rows / 2, -1) * 2 * edge / columns
    azimuth = 2 * np.arctan(right / 2)
    return from_azimuth_elevation(azimuth, np.arctan(up[:, None] * (1 + np.cos(azimuth)) / 2))


def labelled_row(pictures: dict[str, np.ndarray]) -> np.ndarray:
    """Pictures side by side on white, their names above them."""
    font = ImageFont.load_default(TEXT)
    height = max(picture.shape[0] for picture in pictures.values()) + 2 * TEXT
    row = Image.new("RGB", (sum(picture.shape[1] + GAP for picture in pictures.values()) + GAP, height), "white")
    left = GAP
    for name, picture in pictures.items():
        ImageDraw.Draw(row).text((left, TEXT // 2), name, "black", font)
        row.paste(Image.fromarray(picture), (left, 2 * TEXT))
        left += picture.shape[1] + GAP
    return np.asarray(row)


model = panogen.load()
half, quarter = width // 2, width // 4 - GAP // 2
with tempfile.TemporaryDirectory() as folder:
    np.save(Path(folder) / "panini.npy", panini(half, quarter, 200))
    views = [
        {
            "cylindrical, cylindrical-equirectangular, equirectangular": {"projection": "cylindrical", "width": half},
            "cylindrical-central": {"projection": "cylindrical-central", "width": half},
        },
        {
            "mercator": {"projection": "mercator", "width": half},
            "cubemap": {"projection": "cubemap", "width": half},
        },
        {
            "perspective": {"projection": "perspective", "width": quarter, "height": quarter},
            "fisheye": {"projection": "fisheye", "width": quarter},
            "fisheye-equisolid": {"projection": "fisheye-equisolid", "width": quarter},
            "fisheye-stereographic": {"projection": "fisheye-stereographic", "width": quarter},
        },
        {
            "little-planet": {"projection": "little-planet", "width": quarter},
            "cubemap-dice": {"projection": "cubemap-dice", "width": quarter // 4 * 4},
            "points: Panini's projection, 200 degrees": {"points": Path(folder) / "panini.npy"},
        },
    ]
    rows = [
        labelled_row({name: model.render(26, View(**view, outside="mirror")) for name, view in row.items()})
        for row in views
    ]
sheet = np.full((sum(map(len, rows)) + GAP, max(row.shape[1] for row in rows), 3), 255, np.uint8)
top = 0
for row in rows:
    sheet[top : top + len(row), : row.shape[1]] = row
    top += len(row)
save_picture(out, sheet)
print(f"wrote {out}")
