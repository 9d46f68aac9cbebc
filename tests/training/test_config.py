import pytest

from panogen.geometry import Cylinder, Sphere
from panogen.networks import FourierConfig, GeneratorConfig, OctavesConfig, TableConfig
from panogen.training import Stage, TrainConfig
from panogen.training.augmentation import AUGMENTATIONS
from panogen.training.config import AUGMENTATION_NAMES, LOSS_NAMES
from panogen.training.losses import LOSSES

STAGES = (Stage(16, 100), Stage(32, 50))


def test_the_names_are_those_of_the_tables():
    assert tuple(LOSSES) == LOSS_NAMES
    assert tuple(AUGMENTATIONS) == AUGMENTATION_NAMES


def test_stages_follow_one_another_and_the_last_stays():
    config = TrainConfig(stages=STAGES, views="crops")
    assert [config.stage_at(n) for n in (0, 99, 100, 149, 1000)] == [(0, 0), (0, 0), (1, 100), (1, 100), (1, 100)]
    assert config.total_images == 150


def test_the_generator_has_the_resolution_of_the_stage():
    shape = GeneratorConfig(encodings=(FourierConfig(), TableConfig(), OctavesConfig(7, 3)))
    config = TrainConfig(stages=STAGES, views="crops", generator=shape, chart=Cylinder(60))
    for index, stage in enumerate(STAGES):
        fourier, table, octaves = config.generator_at(index).encodings
        assert fourier == FourierConfig()
        assert table == TableConfig(rows=stage.resolution, columns=6 * stage.resolution)
        assert octaves == OctavesConfig(7, 3, finest_rad=2 * config.chart.max_height / stage.resolution)


def test_the_default_recipe_is_octaves_seen_at_all_scales():
    config = TrainConfig()
    assert [encoding.kind for encoding in config.generator.encodings] == ["fourier", "octaves"]
    assert (config.views, config.patch, config.view_pixels(0)) == ("multiscale", 32, 32)
    assert (config.discriminator.told_view, config.discriminator.told_azimuth) == (True, False)
    octaves = config.generator.encoding(OctavesConfig)
    finest = config.chart.side / config.stages[-1].resolution
    assert octaves.count == OctavesConfig.reaching(finest)
    assert octaves == config.generator_at(0).encoding(OctavesConfig)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"stages": ()}, "at least one resolution"),
        ({"stages": (Stage(32, 1), Stage(16, 1))}, r"must grow in resolution, got \[32, 16\]"),
        ({"seed": 2**32}, r"seed must be in \[0, 4294967295\], got 4294967296"),
        ({"batch": 1}, "batch must be at least 2, got 1"),
        ({"microbatch": 3}, "microbatch must divide the batch of 16, got 3"),
        ({"batch": 24, "microbatch": 12}, "microbatch must be at most 8 or a multiple of it, got 12"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0, got nan"),
        ({"views": "tiles"}, "views must be one of crops, patches, multiscale, got 'tiles'"),
        ({"loss": "wgan"}, "loss must be one of stylegan2, r3gan, got 'wgan'"),
        ({"precision": "half"}, "precision must be one of float32, tf32, bfloat16, got 'half'"),
        ({"augmentations": ("mirror", "flip")}, "augmentations must be among mirror, .*, got 'flip'"),
        ({"views": "patches", "patch": 24}, "patch must be a power of two, at least 8, got 24"),
        ({"patch": 1024}, "patch must be at most the band's 512 rows, got 1024"),
        ({"ada_target": 1.0}, r"ada_target must be in \[0, 1\), got 1.0"),
        ({"backward_share": 0.0}, r"backward_share must be in \(0, 1\], got 0.0"),
        ({"global_rows": 12}, "global_rows must be a power of two, at least 8, got 12"),
        ({"global_weight": -1.0}, "global_weight must be at least 0, got -1.0"),
        (
            {"chart": Sphere(), "nadir_deg": 20.0, "global_weight": 1.0},
            "nadir_deg must be 0 with global_weight above 0, whose whole bands show the nadir, got 20.0; leave one",
        ),
        ({"feature_weight": -1.0}, "feature_weight must be at least 0, got -1.0"),
        ({"whole_share": 1.0}, r"whole_share must be in \[0, 1\), got 1.0"),
        ({"whole_share": -0.1}, r"whole_share must be in \[0, 1\), got -0.1"),
        ({"scale_jitter": 1.0}, r"scale_jitter must be in \[0, 1\), got 1.0"),
    ],
)
def test_impossible_recipes(wrong, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**wrong)


@pytest.mark.parametrize(
    ("resolution", "images", "message"), [(24, 1, "power of two"), (4, 1, "at least 8"), (8, 0, "got 0")]
)
def test_impossible_stages(resolution, images, message):
    with pytest.raises(ValueError, match=message):
        Stage(resolution, images)


def test_the_rate_rises_and_falls():
    config = TrainConfig(stages=(Stage(16, 1600),), patch=16, warmup_images=160, decay_images=400)
    assert config.rate_at(0) == 0.1
    assert config.rate_at(144) == config.rate_at(1000) == config.rate_at(1200) == 1
    assert config.rate_at(1400) == pytest.approx(0.5)
    assert config.rate_at(1600) == 0
    constant = TrainConfig()
    assert {constant.rate_at(n) for n in (0, 1000, 199_984)} == {1.0}


def test_the_second_discriminator_sees_whole_maps():
    assert TrainConfig().global_columns == 64
    for fov in (40.0, 61.0, 120.0):
        config = TrainConfig(chart=Cylinder(fov))
        assert config.global_columns % 4 == 0
        assert config.global_columns == pytest.approx(config.chart.natural_width(16), abs=2)
