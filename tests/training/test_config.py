import pytest

from panogen.training import Stage, TrainConfig

STAGES = (Stage(16, 100), Stage(32, 50))


def test_stages_follow_one_another_and_the_last_stays():
    config = TrainConfig(stages=STAGES)
    assert [config.stage_at(n) for n in (0, 99, 100, 149, 1000)] == [(0, 0), (0, 0), (1, 100), (1, 100), (1, 100)]
    assert config.total_images == 150


def test_the_embedding_has_the_resolution_of_the_stage():
    config = TrainConfig(stages=STAGES)
    assert [(g.embedding_rows, g.embedding_columns) for g in map(config.generator_at, (0, 1))] == [(16, 64), (32, 128)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"stages": ()}, "at least one resolution"),
        ({"stages": (Stage(32, 1), Stage(16, 1))}, r"must grow in resolution, got \[32, 16\]"),
        ({"batch": 1}, "batch must be at least 2, got 1"),
        ({"microbatch": 3}, "microbatch must divide the batch of 16, got 3"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0, got nan"),
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
