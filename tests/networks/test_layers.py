import numpy as np
import torch

from panogen.networks.layers import DEMODULATION_EPS, GAIN, Linear, ModulatedLinear, StyledLayer


def test_modulation_follows_the_equation():
    # Equation 2 of the paper as a float64 loop.
    torch.manual_seed(0)
    layer = ModulatedLinear(5, 4, 3)
    w = torch.randn(2, 3)
    folded = layer.folded_weight(w).detach().numpy()
    b = layer.weight.detach().double().numpy() / np.sqrt(5)
    for sample in range(2):
        affine = layer.affine
        s = (
            w[sample].double().numpy() @ affine.weight.detach().double().numpy().T / np.sqrt(3)
            + affine.bias.detach().double().numpy()
        )
        for i in range(4):
            norm = np.sqrt(sum((s[k] * b[i, k]) ** 2 for k in range(5)) + DEMODULATION_EPS)
            for j in range(5):
                np.testing.assert_allclose(folded[sample, i, j], s[j] * b[i, j] / norm, rtol=2e-5, atol=1e-7)


def test_demodulated_rows_have_length_one_and_others_do_not():
    torch.manual_seed(0)
    w = torch.randn(3, 6)
    norms = ModulatedLinear(8, 5, 6).folded_weight(w).norm(dim=-1)
    torch.testing.assert_close(norms, torch.ones(3, 5))
    norms = ModulatedLinear(8, 5, 6, demodulate=False).folded_weight(w).norm(dim=-1)
    assert (norms - 1).abs().max() > 0.05


def test_each_latent_has_its_own_weight():
    torch.manual_seed(0)
    layer, x, w = ModulatedLinear(4, 3, 2), torch.randn(2, 7, 4), torch.randn(2, 2)
    torch.nn.init.normal_(layer.bias)
    together = layer(x, w)
    for sample in range(2):
        alone = x[sample] @ layer.folded_weight(w[sample : sample + 1])[0].T + layer.bias
        torch.testing.assert_close(together[sample], alone)


def test_the_gain_passes_through_the_kink():
    torch.manual_seed(0)
    layer, x, w = StyledLayer(4, 3, 2), torch.randn(2, 7, 4), torch.randn(2, 2)
    torch.nn.init.normal_(layer.linear.bias)
    plain = torch.nn.functional.leaky_relu(layer.linear(x, w), 0.2) * GAIN
    torch.testing.assert_close(layer(x, w), plain)


def test_equalised_learning_rate_keeps_the_variance():
    torch.manual_seed(0)
    for multiplier in (1.0, 0.01):
        layer = Linear(400, 300, bias_init=2.0, lr_multiplier=multiplier)
        y = layer(torch.randn(500, 400))
        assert abs(y.mean().item() - 2) < 0.05
        assert abs(y.std().item() - 1) < 0.05
