"""Four lens views of one place, straight from the network, and the panorama they look at.

python examples/look_around.py pictures
"""

import sys
from pathlib import Path

import panogen
from panogen.base.sheet import contact_sheet
from panogen.grids.view import View
from panogen.pictures.formats import save_picture

out = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
width = int(sys.argv[2]) if len(sys.argv) > 2 else 640
out.mkdir(parents=True, exist_ok=True)

model = panogen.load()
model.save(out / "panorama.jpg", 4, View(width=2 * width, projection="equirectangular"))
views = [
    model.render(26, View(width=width, projection="perspective", fov_deg=80, yaw_deg=yaw_deg, pitch_deg=5))
    for yaw_deg in (0, 90, 180, 270)
]
save_picture(out / "views.jpg", contact_sheet(views))
print(f"wrote {out / 'panorama.jpg'} and {out / 'views.jpg'}")
