import pytest
import torch
from torch.nn import functional

from panogen.networks.discriminators.depthwise import depthwise


@pytest.mark.parametrize("stride", [1, 2])
def test_each_channel_has_its_own_filter(stride):
    torch.manual_seed(0)
    x, filters, bias = torch.randn(2, 3, 8, 8), torch.randn(3, 1, 4, 4), torch.randn(3)
    y = depthwise(x, filters, bias, stride=stride, padding=1)
    for k in range(3):
        alone = functional.conv2d(x[:, k : k + 1], filters[k : k + 1], bias[k : k + 1], stride, 1)
        torch.testing.assert_close(y[:, k : k + 1], alone)


def test_with_a_stride_it_keeps_to_float32_in_a_run_of_bfloat16():
    torch.manual_seed(0)
    x, filters = torch.randn(2, 3, 8, 8), torch.randn(3, 1, 4, 4)
    expected = depthwise(x, filters, stride=2)
    with torch.autocast("cpu", torch.bfloat16):
        assert depthwise(x, filters).dtype == torch.bfloat16
        assert torch.equal(depthwise(x, filters, stride=2), expected)
        rounded = depthwise(x.bfloat16(), filters, stride=2)
        assert rounded.dtype == torch.float32
        assert torch.is_autocast_enabled("cpu")
    torch.testing.assert_close(rounded, expected, atol=0.1, rtol=0)
