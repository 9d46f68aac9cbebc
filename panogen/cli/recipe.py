"""The options that make up a recipe: each a field of a config, in one table."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

import click

from panogen.base.errors import UsageError
from panogen.cli.options import together
from panogen.geometry import CHARTS
from panogen.networks import HEADS
from panogen.training import Stage, TrainConfig
from panogen.training.changes import read, spoken
from panogen.training.config import AUGMENTATION_NAMES, LOSS_NAMES, PRECISIONS
from panogen.training.presets import PRESETS
from panogen.training.views import VIEWS

DEFAULT_PRESET = "cpu-small"
TRAINED = [name for name, chart in CHARTS.items() if chart.closed]


@dataclass(frozen=True)
class RecipeOption:
    """A command-line option, and the fields ``PART.FIELD`` that it sets, alike."""

    flag: str
    fields: tuple[str, ...]
    help: str
    choices: Iterable[str] | None = None
    parse: Callable[[str], Any] | None = None
    show: Callable[[Any], str] = str

    @property
    def name(self) -> str:
        """Return the name that click calls it by."""
        return self.flag.lstrip("-").replace("-", "_")

    def said(self, value: Any) -> str:
        """Return a value as --help and refusals show it."""
        return ("on" if value else "off") if isinstance(value, bool) else self.show(value)

    def decorate(self, command: Any) -> Any:
        """Add the option to a command; its help states the default preset's value."""
        default = read(PRESETS[DEFAULT_PRESET].config, self.fields[0])
        settings: dict[str, Any] = {"help": f"{self.help}  [default: {self.said(default)}]"}
        if isinstance(default, bool):
            return click.option(f"{self.flag}/--no-{self.flag[2:]}", self.name, default=None, **settings)(command)
        if self.choices is not None:
            settings["type"] = click.Choice(list(self.choices))
        elif self.parse is None:
            settings["type"] = type(default)
        return click.option(self.flag, self.name, default=None, **settings)(command)


Given = list[tuple[RecipeOption, Any]]


def parse_stages(text: str) -> tuple[Stage, ...]:
    """``32:60000,64:100000`` -> stages. Raises UsageError."""
    stages = []
    for part in text.split(","):
        resolution, colon, images = part.partition(":")
        numbers = [text for text in (resolution.strip(), images.strip()) if text.isdecimal() and len(text) < 16]
        if not colon or len(numbers) < 2:
            raise UsageError(f"stages must be RESOLUTION:IMAGES,... like 32:60000,64:100000, got {text!r}")
        stages.append(Stage(*map(int, numbers)))
    return tuple(stages)


def show_stages(stages: tuple[Stage, ...]) -> str:
    """Return the text that ``parse_stages`` reads."""
    return ",".join(f"{stage.resolution}:{stage.images}" for stage in stages)


def parse_names(text: str) -> tuple[str, ...]:
    """``mirror,roll`` -> names."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


RECIPE_OPTIONS = (
    RecipeOption("--stages", ("stages",), "Band heights and images at each.", parse=parse_stages, show=show_stages),
    RecipeOption("--views", ("views",), "What the discriminator looks through.", choices=VIEWS),
    RecipeOption("--patch", ("patch",), "Pixels a side of patches and multiscale views."),
    RecipeOption("--whole-share", ("whole_share",), "Of multiscale views, those as high as the band."),
    RecipeOption("--batch", ("batch",), "Views a step."),
    RecipeOption("--microbatch", ("microbatch",), "Views that go through together, on one thread."),
    RecipeOption("--loss", ("loss",), "StyleGAN2's, or R3GAN's relativistic one.", choices=LOSS_NAMES),
    RecipeOption("--learning-rate", ("learning_rate",), "Of both networks."),
    RecipeOption("--warmup-images", ("warmup_images",), "The rate rises over so many."),
    RecipeOption("--decay-images", ("decay_images",), "The rate falls to zero over the last so many."),
    RecipeOption("--r1-gamma", ("r1_gamma",), "Weight of the gradient penalty."),
    RecipeOption("--backward-share", ("backward_share",), "Of a view's points that the generator's gradient uses."),
    RecipeOption("--precision", ("precision",), "Of products.", choices=PRECISIONS),
    RecipeOption("--ema-half-life", ("ema_half_life",), "Images, of the averaged generator."),
    RecipeOption("--fade-images", ("fade_images",), "To blend in a block after growing."),
    RecipeOption("--start-smoothing", ("start_smoothing",), "Low-pass --begin-with's embedding, by so many cells."),
    RecipeOption("--ada-target", ("ada_target",), "Mean sign of real scores to aim at, like 0.6; 0: do not augment."),
    RecipeOption("--ada-images", ("ada_images",), "From no augmentation to full, at the fastest."),
    RecipeOption(
        "--augmentations",
        ("augmentations",),
        f"Among {', '.join(AUGMENTATION_NAMES)}.",
        parse=parse_names,
        show=",".join,
    ),
    RecipeOption("--global-weight", ("global_weight",), "Of a second discriminator that sees whole bands; 0 for none."),
    RecipeOption(
        "--feature-weight", ("feature_weight",), "Of a discriminator of features, beside that of views; 0 for none."
    ),
    RecipeOption("--global-rows", ("global_rows",), "Height of what it sees."),
    RecipeOption("--mirror", ("mirror",), "Mirror real views at random."),
    RecipeOption("--told-azimuth", ("discriminator.told_azimuth",), "Tell the discriminator."),
    RecipeOption("--told-view", ("discriminator.told_view",), "Tell it the height and scale of views."),
    RecipeOption("--nadir-deg", ("nadir_deg",), "Around the nadir of a sphere, that no view shows: for tripods."),
    RecipeOption("--seed", ("seed",), "Of everything random."),
    RecipeOption("--chart", ("chart.kind",), "What it is trained on.", choices=TRAINED),
    RecipeOption("--vertical-fov", ("chart.vertical_fov_deg",), "Degrees of a cylinder's band."),
    RecipeOption("--head", ("generator.head",), "How colours leave the generator.", choices=HEADS),
    RecipeOption("--channels", ("generator.width",), "Channels of the generator."),
    RecipeOption("--depth", ("generator.depth",), "Styled layers of the generator; odd."),
    RecipeOption("--style-size", ("generator.z_dim", "generator.w_dim"), "Of the latents z and w."),
    RecipeOption("--mapping-layers", ("generator.mapping_layers",), "From z to w."),
    RecipeOption("--fourier-size", ("generator.fourier.channels",), "Fourier features; 0 for none."),
    RecipeOption("--octave-size", ("generator.octaves.channels",), "Channels of each octave; 0 for none."),
    RecipeOption("--octaves", ("generator.octaves.count",), "How many; 0 for none."),
    RecipeOption("--sided", ("generator.octaves.sided",), "Half of their channels above the horizon, half below."),
    RecipeOption("--planes", ("generator.planes.count",), "Octaves on the ground and the clouds; 0 for none."),
    RecipeOption("--skyline", ("generator.skyline.count",), "Octaves around the horizon; 0 for none."),
    RecipeOption("--embedding-size", ("generator.embedding.channels",), "Channels of the embedding; 0 for none."),
    RecipeOption("--discriminator-base", ("discriminator.channel_base",), "Channels of its maps times their side."),
    RecipeOption("--discriminator-max", ("discriminator.channel_max",), "Channels of its maps at most."),
)
OF_PRESETS = [  # options by which presets differ, but for what the pictures or --batch decide, too
    option
    for option in RECIPE_OPTIONS
    if option.fields[0] in {field.name for field in fields(TrainConfig)} - {"stages", "patch", "microbatch"}
    and len({read(preset.config, option.fields[0]) for preset in PRESETS.values()}) > 1
]
recipe_options = together(*(option.decorate for option in RECIPE_OPTIONS))


def given_recipe(options: dict[str, Any]) -> Given:
    """Return the recipe's options that the command line gave, and their values. Raises UsageError."""
    found = []
    for option in RECIPE_OPTIONS:
        value = options[option.name]
        if isinstance(value, float) and math.isinf(value):
            raise UsageError(f"{option.flag} must be finite, got {value}")
        if value is not None:
            try:
                found.append((option, option.parse(value) if option.parse else value))
            except ValueError as error:
                raise UsageError(str(error)) from None
    return found


def changes_of(given: Given) -> dict[str, Any]:
    """Return what options change of a recipe, as ``training.changes`` takes it."""
    return {field: value for option, value in given for field in option.fields}


def differing_recipe(given: Given, preset: str | None, before: TrainConfig) -> list[str]:
    """Return in words in which of the options that are given, and in what of a preset that is, a recipe is another."""
    asked = [(option, value, "") for option, value in given]
    if preset is not None:
        chosen, config = {option.flag for option, _ in given}, PRESETS[preset].config
        rest = (option for option in OF_PRESETS if option.flag not in chosen)
        asked += [(option, read(config, option.fields[0]), f" of --preset {preset}") for option in rest]
    found = [
        f"{option.flag} was {option.said(was)}, not {option.said(now)}{origin}"
        for option, now, origin in asked
        for was in (read(before, field) for field in option.fields)
        if was != now
    ]
    return list(dict.fromkeys(found))


def in_flags(text: str, given: Given) -> str:
    """Return a refusal that begins with a field's name, as in ``octaves count``, with the option's that set it, and
    with that of the option whose field it says is missing."""
    for option in RECIPE_OPTIONS:
        text = text.replace(f" without {option.fields[0]} ", f" without {option.flag} ")
    for option, _ in given:
        for field in option.fields:
            if text.startswith(f"{spoken(field)} "):
                return option.flag + text.removeprefix(spoken(field))
    return text
