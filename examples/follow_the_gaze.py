"""A clip of a gaze that wanders over a lens view: what is computed, and what is seen.

Samples are about ten times as sparse as an eye needs them, so that you can see it.

python examples/follow_the_gaze.py clip.webp
"""

import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import panogen
from panogen.base.sheet import contact_sheet
from panogen.foveation import Acuity, Foveation
from panogen.grids.view import View

out = Path(sys.argv[1] if len(sys.argv) > 1 else "clip.webp")
width = int(sys.argv[2]) if len(sys.argv) > 2 else 480
frames = int(sys.argv[3]) if len(sys.argv) > 3 else 36

model = panogen.load()
view = View(width=width, projection="perspective", yaw_deg=120, pitch_deg=5)
pictures = []
for frame in range(frames):
    turn = 2 * math.pi * frame / frames
    gaze_deg = (32 * math.cos(turn), 14 * math.sin(2 * turn))
    seen = model.foveate(26, Foveation(gaze_deg, mode=Acuity(0.25)), view)
    dots = np.repeat(seen.grid.sampled[..., None].astype(np.uint8) * 255, 3, 2)
    pictures.append(Image.fromarray(contact_sheet([dots, seen.picture])))
pictures[0].save(out, save_all=True, append_images=pictures[1:], duration=80, loop=0, quality=70)
print(f"wrote {out}: {len(pictures)} frames, {seen.share:.1%} of the pixels in the last")
