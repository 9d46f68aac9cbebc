import torch

from panogen.rendering.plans.plan import Channels, rows_of


def test_behind_the_channels_of_any_width_there_is_a_one():
    channels = Channels(5, widest=24, device=torch.device("cpu"))
    for width in (24, 24, 9, 1, 17, 24):
        now = channels.of(width)
        assert len(now) == 5
        assert now.is_contiguous()
        assert (now[:, width] == 1).all()
        now[:, :width] = 7
        assert (channels.of(width)[:, : width + 1] == torch.tensor([7.0] * width + [1])).all()


def test_points_may_have_a_shape():
    channels = Channels(2, 3, widest=8, device=torch.device("cpu"))
    assert channels.of(8).shape[:2] == channels.of(5).shape[:2] == (2, 3)
    assert (channels.of(5)[..., 5] == 1).all()


def test_rows_lie_without_gaps():
    buffer = torch.arange(12.0)
    assert rows_of(buffer, 2, 3).tolist() == [[0, 1, 2], [3, 4, 5]]
