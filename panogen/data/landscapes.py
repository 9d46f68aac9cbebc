"""Procedural landscapes: sky, sun, clouds, ridges and a ground, drawn around the whole circle.

Every landscape is a pure function of its seed and of directions, exactly periodic in azimuth, at any size. Colours are
display RGB in [0, 1]; lengths on the ground are in heights of the eye.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from panogen.base.arrays import Doubles, Floats, Pixels, Reals
from panogen.data.noise import circle_coefficients, fractal_circle, fractal_tile, sample_tile
from panogen.data.source import Source, digest
from panogen.geometry import Cylinder, circle_azimuths_rad

PLACES = 2048  # in a set
HELD_OUT = 1_000_000  # the first seed of places that no run is trained on
GROUNDS = ("meadow", "desert", "rock", "water")

# Colours of the sky by the sun's elevation in degrees: at the zenith, at the horizon, of the light, of a cloud's base.
HOURS = np.array([-6.0, 0.0, 6.0, 14.0, 40.0])
ZENITH = np.array([[0.05, 0.07, 0.20], [0.13, 0.19, 0.42], [0.20, 0.37, 0.64], [0.17, 0.42, 0.76], [0.12, 0.37, 0.78]])
HORIZON = np.array([[0.42, 0.26, 0.33], [0.86, 0.52, 0.38], [0.96, 0.78, 0.58], [0.84, 0.88, 0.91], [0.74, 0.86, 0.96]])
LIGHT = np.array([[0.45, 0.30, 0.35], [1.00, 0.50, 0.28], [1.08, 0.78, 0.50], [1.05, 0.97, 0.86], [1.05, 1.02, 0.98]])
SHADE = np.array([[0.12, 0.12, 0.22], [0.32, 0.27, 0.38], [0.50, 0.47, 0.53], [0.58, 0.63, 0.70], [0.62, 0.68, 0.76]])

HOURS_OF_DAY = ((-5, 1), (1, 9), (9, 40))  # dusk, the golden hour, day: ranges of the sun's elevation in degrees

# Near and far colours of each ground, and of the vegetation or stone on the ridges above it.
SOIL = {
    "meadow": ([0.20, 0.34, 0.09], [0.42, 0.52, 0.20], [0.16, 0.27, 0.14]),
    "desert": ([0.66, 0.44, 0.24], [0.86, 0.66, 0.42], [0.52, 0.31, 0.21]),
    "rock": ([0.30, 0.28, 0.26], [0.52, 0.49, 0.45], [0.30, 0.29, 0.30]),
    "water": ([0.03, 0.13, 0.17], [0.10, 0.26, 0.31], [0.15, 0.25, 0.19]),
}


def smoothstep(low: float | np.floating, high: float | np.floating, x: Reals) -> Reals:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a: Reals, b: Reals, amount: Reals) -> Reals:
    """``a`` where amount (H, W) is 0, ``b`` where it is 1; colours are (3,) or (H, W, 3)."""
    return a + (b - a) * amount[..., None]


@dataclass(frozen=True)
class Ridge:
    """A line of hills around the circle: its crest, in radians of elevation, and how it is painted."""

    crest: NDArray[np.complex128]  # Fourier coefficients
    base_rad: float
    amplitude_rad: float
    sharpness: float  # 0: rolling hills; 1: peaks
    haze: float  # share of the horizon's colour
    snow_rad: float  # snow lies above this elevation


@dataclass(frozen=True)
class Landscape:
    """All that is decided about a landscape before a pixel of it is drawn."""

    ground: str
    sun_azimuth_rad: float
    sun_elevation_deg: float
    tint: Doubles  # of the whole picture, about 1
    cloud_cover: float  # 0: clear; 1: overcast
    cloud_scale: float
    clouds: Reals
    cirrus: float
    ridges: tuple[Ridge, ...]
    relief: Reals
    soil_tint: Doubles
    ripple: float

    @classmethod
    def from_seed(cls, seed: int) -> "Landscape":
        """Draw the landscape of a seed."""
        rng = np.random.default_rng(seed)
        ground = GROUNDS[rng.integers(len(GROUNDS))]
        count = int(rng.integers(2, 5))
        mountains = rng.random() < 0.65
        snow_rad = float(np.radians(rng.uniform(4, 11))) if mountains and ground != "desert" else 9.0
        ridges = []
        for k in range(count):
            near = (k + 0.5) / count  # 0: the farthest
            high = mountains and k < 2
            ridges.append(
                Ridge(
                    crest=circle_coefficients(rng, rng.uniform(1.35, 1.7) if high else 1.7, int(rng.integers(2, 6))),
                    base_rad=float(np.radians(rng.uniform(6, 10) * (1 - near) + 1 if high else 4.0 * (1 - near) + 0.8)),
                    amplitude_rad=float(np.radians(rng.uniform(2.5, 5.0) if high else rng.uniform(0.6, 1.8))),
                    sharpness=float(rng.uniform(0.3, 0.7)) if high else 0.0,
                    haze=float(0.75 * (1 - near) ** 1.3),
                    snow_rad=snow_rad,
                )
            )
        return cls(
            ground=ground,
            sun_azimuth_rad=float(rng.uniform(-np.pi, np.pi)),
            sun_elevation_deg=float(rng.uniform(*HOURS_OF_DAY[rng.choice(len(HOURS_OF_DAY), p=(0.2, 0.3, 0.5))])),
            tint=1 + rng.normal(0, 0.03, 3),
            cloud_cover=float(rng.beta(1.3, 1.3)),
            cloud_scale=float(rng.uniform(0.10, 0.22)),
            clouds=fractal_tile(rng, 1.75),
            cirrus=float(rng.uniform(0, 0.5)),
            ridges=tuple(ridges),
            relief=fractal_tile(rng, 1.25),
            soil_tint=np.exp(rng.normal(0, 0.12, 3)),
            ripple=float(rng.uniform(0.2, 1.0)),
        )

    @property
    def day(self) -> np.float32:
        """Return how bright what the sun lights is at this time of day."""
        return np.float32(np.clip((self.sun_elevation_deg + 10) / 24, 0.28, 1))

    def by_hour(self, colours: Doubles) -> Floats:
        """Return a colour (3,) of one of the tables above at this landscape's time of day."""
        return np.array([np.interp(self.sun_elevation_deg, HOURS, colours[:, c]) for c in range(3)], np.float32)


class Rays:
    """The directions of a picture: azimuths of its columns, elevations of its rows, and a pixel's angle."""

    def __init__(self, azimuth_rad: Reals, elevation_rad: Reals):
        self.azimuth = azimuth_rad
        self.elevation = elevation_rad[:, None]
        self.pixel_rad = 2 * np.pi / len(azimuth_rad)
        self.up, self.level = np.sin(self.elevation), np.cos(self.elevation)

    @property
    def slope(self) -> Reals:
        """How steeply the rows look down: the tangent (rows, 1) of the angle below the horizon."""
        return np.maximum(-self.up / self.level, np.float32(1e-3))

    def plane(self, altitude: Reals) -> tuple[Reals, Reals]:
        """Return the points (east, north) where the view meets a plane at ``altitude``, a tangent of elevation."""
        distance = 1 / altitude
        return distance * np.sin(self.azimuth), distance * np.cos(self.azimuth)


def render_landscape(landscape: Landscape, height: int, width: int, chart: Cylinder | None = None) -> Pixels:
    """Render a landscape's band of the chart (by default 90 degrees high): (height, width, 3) uint8, from the top."""
    chart = chart or Cylinder()
    elevation = chart.row_elevations_rad(height).astype(np.float32)
    azimuth = circle_azimuths_rad(width).astype(np.float32)
    above, below = Rays(azimuth, elevation[elevation >= 0]), Rays(azimuth, elevation[elevation < 0])
    upper = paint_sky(landscape, above)
    paint_clouds(landscape, above, upper)
    paint_ridges(landscape, above, upper)
    lower = paint_water(landscape, below, upper) if landscape.ground == "water" else paint_soil(landscape, below)
    picture: Reals = np.concatenate([upper, lower]) * landscape.tint.astype(np.float32)
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def paint_sky(landscape: Landscape, rays: Rays) -> Reals:
    """Sky from horizon to zenith, brighter around the sun."""
    sun_elevation = np.radians(landscape.sun_elevation_deg)
    towards = np.cos(rays.azimuth - np.float32(landscape.sun_azimuth_rad))[None, :]  # 1 below the sun, -1 opposite
    cosine = rays.up * np.float32(np.sin(sun_elevation)) + rays.level * np.float32(np.cos(sun_elevation)) * towards
    angle = np.arccos(np.clip(cosine, -1, 1))  # coarse for tiny angles, which the soft disc hides
    low = float(np.clip(1 - landscape.sun_elevation_deg / 14, 0, 1))  # 1 while the sun is low
    zenith, horizon, light = (landscape.by_hour(table) for table in (ZENITH, HORIZON, LIGHT))
    rim = mix(horizon, 0.6 * zenith + 0.4 * horizon, 0.4 * low * (1 - towards))
    sky = mix(zenith, rim, np.exp(-rays.elevation / np.float32(0.3 - 0.1 * low)))
    seen = float(np.clip((landscape.sun_elevation_deg + 5) / 6, 0.15, 1))
    glow = 0.55 * np.exp(angle * np.float32(-1 / 0.12)) + (0.22 + 0.25 * low) * np.exp(angle * np.float32(-1 / 0.45))
    sky = mix(sky, light, 1 - np.exp(np.float32(-1.6 * seen) * glow))
    if landscape.sun_elevation_deg > -1.5:
        sky = mix(sky, np.minimum(light * np.float32(1.1) + np.float32(0.15), 1.1), smoothstep(0.040, 0.026, angle))
    return sky


def paint_clouds(landscape: Landscape, rays: Rays, sky: Reals) -> None:
    """Clouds on a level layer overhead, lit from the sun's side, and thin streaks far above them."""
    east, north = rays.plane((rays.up + np.float32(0.10)) / rays.level)
    scale = np.float32(landscape.cloud_scale)
    light, shade, horizon = (landscape.by_hour(table) for table in (LIGHT, SHADE, HORIZON))
    clear = smoothstep(0.01, 0.22, rays.elevation)

    streaks = sample_tile(landscape.relief, east * scale * np.float32(0.15), north * scale * np.float32(0.6))
    sky[:] = mix(sky, light, np.float32(landscape.cirrus * 0.35) * smoothstep(0.3, 2.0, streaks) * clear)

    density = sample_tile(landscape.clouds, east * scale, north * scale)
    step = np.float32(0.018)
    towards_sun = sample_tile(
        landscape.clouds,
        east * scale + step * np.float32(np.sin(landscape.sun_azimuth_rad)),
        north * scale + step * np.float32(np.cos(landscape.sun_azimuth_rad)),
    )
    threshold = np.float32(2.2 - 3.0 * landscape.cloud_cover)
    cover = smoothstep(threshold, threshold + np.float32(0.9), density)
    lit = np.clip(np.float32(0.62) + np.float32(0.9) * (density - towards_sun) - np.float32(0.25) * cover, 0, 1)
    colour = mix(shade, np.minimum(light, 1), lit)
    colour = mix(colour, horizon, np.float32(0.6) * (1 - clear) * np.ones_like(lit))
    sky[:] = mix(sky, colour, np.float32(0.95) * cover * smoothstep(0.0, 0.10, rays.elevation))


def paint_ridges(landscape: Landscape, rays: Rays, picture: Reals) -> None:
    """Ridges from the farthest to the nearest: hazier the farther, lit on the sun's side, snow on the high ones."""
    horizon, light = landscape.by_hour(HORIZON), landscape.by_hour(LIGHT)
    growth = np.array(SOIL[landscape.ground][2], np.float32)
    for number, ridge in enumerate(landscape.ridges):
        crest = fractal_circle(ridge.crest, len(rays.azimuth))
        if ridge.sharpness:
            crest = np.expm1(ridge.sharpness * crest) / ridge.sharpness
        crest = np.maximum(ridge.base_rad + ridge.amplitude_rad * crest, np.float32(0.002)).astype(np.float32)
        top = int(np.sum(rays.elevation[:, 0] > crest.max() + rays.pixel_rad))
        elevation = rays.elevation[top:]
        depth = crest - elevation  # below the crest
        cover = np.clip(depth / rays.pixel_rad + 0.5, 0, 1)

        x = np.broadcast_to(rays.azimuth * np.float32(1.5 / np.pi) + np.float32(0.37 * number), depth.shape)
        y = depth * np.float32(0.55) - crest * np.float32(0.8)
        relief = sample_tile(landscape.relief, x, y)
        beside = sample_tile(landscape.relief, x + np.float32(0.012), y)
        side = np.sin(np.float32(landscape.sun_azimuth_rad) - rays.azimuth)
        lit = np.clip(
            np.float32(0.62) + np.float32(0.55) * (relief - beside) * side + np.float32(0.10) * relief, 0.15, 1.2
        )
        snow = smoothstep(-0.01, 0.02, elevation - np.float32(ridge.snow_rad) + np.float32(0.012) * relief)
        colour = mix(growth, np.array([0.92, 0.94, 0.98], np.float32), snow) * (landscape.day * lit)[..., None] * light
        colour = mix(colour, horizon * np.float32(0.9), np.full_like(depth, ridge.haze))
        mist = np.exp(-elevation / np.float32(0.03)) * np.float32(0.45 * ridge.haze)
        colour = mix(colour, horizon, mist * np.ones_like(depth))
        picture[top:] = mix(picture[top:], colour, cover.astype(np.float32))


def ground_texture(landscape: Landscape, rays: Rays, octaves: tuple[tuple[float, float], ...], stretch: float) -> Reals:
    """Texture of the ground: relief of some frequencies by their weights, ``stretch`` times as many east as north. Each
    fades before it aliases."""
    east, north = rays.plane(rays.slope)
    texture = np.zeros((len(rays.slope), len(rays.azimuth)), np.float32)
    for frequency, weight in octaves:
        footprint = np.float32(rays.pixel_rad * frequency * 24) / rays.slope**2  # of a pixel, in features of the relief
        relief = sample_tile(landscape.relief, east * np.float32(frequency * stretch), north * np.float32(frequency))
        texture += np.float32(weight) / (1 + footprint**2) * relief
    return texture


def paint_soil(landscape: Landscape, rays: Rays) -> Reals:
    """Ground in perspective: coarse and fine texture that fade before they alias, and haze in the distance."""
    near, far, _ = (np.array(colour, np.float32) for colour in SOIL[landscape.ground])
    horizon, light = landscape.by_hour(HORIZON), landscape.by_hour(LIGHT)
    slope, stretch = rays.slope, 0.35 if landscape.ground == "desert" else 1.0
    texture = ground_texture(landscape, rays, ((0.02, 0.5), (0.11, 0.5), (0.53, 0.4)), stretch)
    contrast = np.float32({"meadow": 0.20, "desert": 0.12, "rock": 0.30}[landscape.ground])
    colour = mix(far, near, np.broadcast_to(smoothstep(0.0, 0.5, slope), texture.shape))
    lit = landscape.day * np.exp(contrast * texture)
    colour = colour * landscape.soil_tint.astype(np.float32) * light * lit[..., None]
    haze = np.float32(0.55) * np.exp(-slope / np.float32(0.05))
    return mix(colour, horizon * np.float32(0.85), haze * np.ones_like(texture))


def paint_water(landscape: Landscape, rays: Rays, upper: Reals) -> Reals:
    """Still or rippled water: the picture above it, mirrored, over its own depth (Fresnel, Schlick's approximation)."""
    deep = np.array(SOIL["water"][0], np.float32) + np.float32(0.25) * landscape.by_hour(ZENITH)
    slope, ripples = rays.slope, ground_texture(landscape, rays, ((0.06, 0.6), (0.31, 0.4)), 0.5)
    shift = np.float32(landscape.ripple * 0.035 / rays.pixel_rad) * ripples * smoothstep(0.0, 0.6, slope)
    row = len(upper) - 1 - np.arange(len(slope), dtype=np.float32)[:, None] - (len(upper) - len(slope))
    row = np.clip(row + shift, 0, len(upper) - 1)
    first = np.minimum(row.astype(np.int32), len(upper) - 2) if len(upper) > 1 else np.zeros_like(row, np.int32)
    columns = np.arange(len(rays.azimuth))
    mirrored = mix(upper[first, columns], upper[np.minimum(first + 1, len(upper) - 1), columns], row - first)
    sine = -rays.up
    fresnel = np.float32(0.06) + np.float32(0.86) * (1 - sine) ** 3
    return mix(deep, mirrored * np.float32(0.92), np.broadcast_to(fresnel, ripples.shape) + np.float32(0.04) * ripples)


class Landscapes(Source):
    """The landscapes of seeds ``first`` to ``first + count - 1`` as a source of panoramas."""

    licence = "CC0-1.0"
    chart = Cylinder(90.0)

    def __init__(self, count: int = PLACES, first: int = 0):
        self.count, self.first = count, first
        self.skipped: dict[str, str] = {}
        kept = " held out of training" if first >= HELD_OUT else ""
        self.description = f"procedural landscapes{kept}, seeds {first} to {first + count - 1}"

    def __len__(self) -> int:
        return self.count

    @override
    def extent_rad(self, index: int) -> float:
        return 2 * np.pi

    @override
    def fingerprint(self) -> str:
        return digest(["procedural:landscapes", self.first, self.count])

    @override
    def held_out(self) -> Source:
        """Return two sets of places that no run is trained on."""
        return Landscapes(2 * PLACES, HELD_OUT)

    @override
    def halves(self) -> tuple[Source, ...]:
        """Return the first places, and the others."""
        half = (self.count + 1) // 2
        parts = Landscapes(half, self.first), Landscapes(self.count - half, self.first + half)
        return tuple(part for part in parts if len(part))

    @override
    def native_rad(self, index: int, chart: Cylinder) -> float:
        return 0.0

    @override
    def band(self, index: int, rows: int, columns: int, chart: Cylinder) -> Pixels:
        return render_landscape(Landscape.from_seed(self.first + index), rows, columns, chart)
