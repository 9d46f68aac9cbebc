"""The options that make up a recipe: each a field of a config, in one table."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar, cast

import click

from panogen.base.errors import UsageError
from panogen.base.records import Kind
from panogen.cli.options import together
from panogen.geometry import CHARTS, Chart
from panogen.networks import ENCODINGS, HEADS, EncodingConfig
from panogen.training import Stage, TrainConfig
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

    def decorate(self, command: Any) -> Any:
        """Add the option to a command; its help states the default preset's value."""
        default = read(PRESETS[DEFAULT_PRESET].config, self.fields[0])
        settings: dict[str, Any] = {"help": f"{self.help}  [default: {self.show(default)}]"}
        if isinstance(default, bool):
            settings["help"] = f"{self.help}  [default: {'on' if default else 'off'}]"
            return click.option(f"{self.flag}/--no-{self.flag[2:]}", self.name, default=None, **settings)(command)
        if self.choices is not None:
            settings["type"] = click.Choice(list(self.choices))
        elif self.parse is None:
            settings["type"] = type(default)
        return click.option(self.flag, self.name, default=None, **settings)(command)


Part = TypeVar("Part", bound=Kind)
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
    RecipeOption(
        "--consistency-weight",
        ("consistency_weight",),
        "Of what pixels lack of the mean of places within them; 0 for none.",
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
recipe_options = together(*(option.decorate for option in RECIPE_OPTIONS))
SHAPE = ("generator.", "chart.")  # what a run takes from the model that it begins with


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


def recipe(base: TrainConfig, given: Given, chart: Chart | None = None) -> TrainConfig:
    """Return a recipe with some of its fields replaced, all at once. Raises UsageError."""
    parts: dict[str, dict[str, Any]] = {"": {}, "generator": {}, "discriminator": {}, "chart": {}}
    for option, value in given:
        for field in option.fields:
            part, _, name = field.rpartition(".")
            parts.setdefault(part, {})[name] = value
    own = parts.pop("")
    if "batch" in own and "microbatch" not in own:
        own["microbatch"] = min(base.microbatch, own["batch"])
    try:
        encodings = tuple(changed_encodings(base.generator.encodings, parts))
        own["generator"] = replace(base.generator, **parts["generator"], encodings=encodings)
        own["discriminator"] = changed(base.discriminator, **parts["discriminator"])
        own["chart"] = changed(chart or base.chart, **parts["chart"])
        return replace(base, **own)
    except ValueError as error:
        raise UsageError(in_flags(str(error), given)) from None


def in_flags(text: str, given: Given) -> str:
    """Return a refusal that begins with a field's name, as in ``octaves count``, with the option's that set it."""
    for option, _ in given:
        for field in option.fields:
            name = " ".join(field.removeprefix("generator.").split("."))
            if text.startswith(f"{name} "):
                return option.flag + text.removeprefix(name)
    return text


def changed(part: Part, kind: str | None = None, **changes: Any) -> Part:
    """Return a part with some of its fields replaced, or one of another kind. Raises ValueError for fields that it
    lacks."""
    made: Any = part if kind in (None, part.kind) else part.kinds()[kind]()
    for name in changes.keys() - {field.name for field in fields(made)}:
        raise ValueError(f"a {made.kind} has no {name} of its own, got {changes[name]}; leave it out")
    return cast(Part, replace(made, **changes))


def changed_encodings(
    encodings: tuple[EncodingConfig, ...], parts: dict[str, dict[str, Any]]
) -> Iterator[EncodingConfig]:
    """Encodings with some of their fields replaced, in their order: without those of which there is to be none, and
    with those that are asked for and missing."""
    own = {encoding.kind: encoding for encoding in encodings}
    for kind in dict.fromkeys([*own, *ENCODINGS]):
        changes = parts.get(f"generator.{kind}", {})
        if 0 in (changes.get("channels"), changes.get("count")):
            continue
        if kind in own or changes:
            yield replace(own.get(kind) or ENCODINGS[kind](), **changes)


def read(config: Any, field: str) -> Any:
    """Return the value of ``PART.FIELD``; of an encoding that a recipe lacks, 0."""
    for name in field.split("."):
        if name in ENCODINGS:
            config = next((encoding for encoding in config.encodings if encoding.kind == name), None)
        else:
            config = getattr(config, name) if config is not None else 0
    return config
