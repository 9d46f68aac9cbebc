import torch

from panogen.networks.discriminators.groups import deviation


def test_each_group_has_a_deviation_of_its_own():
    torch.manual_seed(0)
    x = torch.randn(16, 3, 2)
    x[8:] *= 5
    found = deviation(x)
    for group in (slice(0, 8), slice(8, 16)):
        expected = (x[group].var(0, correction=0) + 1e-8).sqrt().expand(8, 3, 2)
        torch.testing.assert_close(found[group], expected)


def test_fewer_views_than_a_group_are_one():
    x = torch.randn(3, 4)
    torch.testing.assert_close(deviation(x), (x.var(0, correction=0) + 1e-8).sqrt().expand(3, 4))
