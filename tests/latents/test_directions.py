import torch

from panogen.latents.directions import semantic_directions


def test_the_first_moves_the_styles_most():
    torch.manual_seed(1)
    weights = [torch.randn(20, 6) * torch.tensor([1, 5, 1, 1, 3, 1]), torch.randn(9, 6)]
    directions = semantic_directions(weights)
    assert directions.shape == (6, 6)
    torch.testing.assert_close(directions @ directions.T, torch.eye(6), atol=1e-5, rtol=0)
    moved = torch.cat([weight @ directions.T for weight in weights]).norm(dim=0)
    assert (moved.diff() < 0).all()
    others = torch.nn.functional.normalize(torch.randn(1000, 6), dim=1)
    assert torch.cat([weight @ others.T for weight in weights]).norm(dim=0).max() <= moved[0]


def test_the_sign_is_settled():
    weight = torch.randn(8, 5)
    torch.testing.assert_close(semantic_directions([weight]), semantic_directions([-weight]))


def test_there_are_no_more_than_styles():
    assert semantic_directions([torch.randn(3, 5)]).shape == (3, 5)
