import pytest

from panogen.geometry import Sphere
from panogen.networks import GeneratorConfig, OctavesConfig, TableConfig
from panogen.training import Stage, TrainConfig
from panogen.training.changes import changed, read
from panogen.training.presets import PRESETS


def kinds(config):
    return [encoding.kind for encoding in config.generator.encodings]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stages", (Stage(64, 10),)),
        ("discriminator.told_azimuth", True),
        ("chart.vertical_fov_deg", 60.0),
        ("generator.width", 24),
        ("generator.octaves.sided", True),
        ("generator.embedding.channels", 5),
    ],
)
def test_a_field_is_changed_and_read(field, value):
    config = changed(TrainConfig(), {field: value})
    assert read(config, field) == value != read(TrainConfig(), field)
    assert changed(config, {}) == config


def test_encodings_come_and_go():
    assert kinds(TrainConfig()) == ["fourier", "octaves"]
    assert kinds(changed(TrainConfig(), {"generator.fourier.channels": 0})) == ["octaves"]
    assert kinds(changed(TrainConfig(), {"generator.octaves.count": 0, "generator.embedding.channels": 9})) == [
        "fourier",
        "embedding",
    ]
    table = PRESETS["cpu-table"].config
    assert kinds(changed(table, {"generator.octaves.channels": 4})) == ["fourier", "embedding", "octaves"]
    assert changed(table, {"generator.octaves.sided": False}) == table
    assert read(table, "generator.octaves.sided") == 0


def test_a_chart_of_another_kind():
    assert changed(TrainConfig(), {"chart.kind": "sphere"}).chart == Sphere()


def test_a_microbatch_shrinks_with_its_batch():
    assert changed(TrainConfig(), {"batch": 4}).microbatch == 4
    assert changed(TrainConfig(), {"batch": 64}).microbatch == TrainConfig().microbatch


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator.octaves.count": -2}, "^octaves count must be above 0, got -2"),
        ({"generator.octaves.count": 0, "generator.octaves.sided": True}, "^octaves sided is of no use where there"),
        ({"generator.octaves.count": 0, "generator.octaves.channels": 4}, "^octaves channels is of no use where there"),
        ({"chart.kind": "sphere", "chart.vertical_fov_deg": 80.0}, "^a sphere has no vertical_fov_deg of its own, got"),
        ({"generator.octaves.count": 0, "generator.fourier.channels": 0}, "got none: nothing would tell where a point"),
        ({"batch": 9}, "^microbatch must divide the batch of 9, got 8"),
        (
            {"octaves.count": 5},
            "a recipe has no field 'octaves.count' to change; they are called as stages, chart.kind",
        ),
        ({"generator.octave.count": 5}, "no field 'generator.octave.count'"),
        ({"generator.octaves.counts": 5}, "no field 'generator.octaves.counts'"),
        ({"generator.widht": 24}, "no field 'generator.widht'"),
        ({"learning": 0.1}, "no field 'learning'"),
        ({"chart": Sphere()}, "no field 'chart'"),
        ({"generator.encodings": ()}, "no field 'generator.encodings'"),
        ({"discriminator.told": True}, "^a stylegan2 has no told of its own, got True"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        changed(TrainConfig(), changes)


def test_the_rest_of_a_generator_stays():
    before = GeneratorConfig(width=24, encodings=(OctavesConfig(3), TableConfig(7)))
    after = changed(TrainConfig(generator=before), {"generator.octaves.count": 5}).generator
    assert after == GeneratorConfig(width=24, encodings=(OctavesConfig(5), TableConfig(7)))
