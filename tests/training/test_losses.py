import math

import torch
from torch import nn

from panogen.training.losses import (
    LOSSES,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
)


def test_values_at_known_scores():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 3.0])
    expected = (math.log(2) + math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)) + math.log1p(math.exp(3))) / 2
    torch.testing.assert_close(discriminator_loss(real, fake).item(), expected)
    torch.testing.assert_close(
        generator_loss(real, fake).item(), (math.log1p(math.exp(1)) + math.log1p(math.exp(-3))) / 2
    )


def test_the_generator_still_learns_when_it_is_losing():
    score = torch.tensor([-20.0], requires_grad=True)  # a saturating loss has no gradient here
    generator_loss(score, score).backward()
    torch.testing.assert_close(score.grad, torch.tensor([-1.0]))


def test_r1_of_a_linear_discriminator_is_its_squared_weight():
    torch.manual_seed(0)
    linear = nn.Linear(12, 1)
    images = torch.randn(5, 3, 2, 2, requires_grad=True)
    penalty = gradient_penalty(linear(images.flatten(1))[:, 0], images)
    torch.testing.assert_close(penalty, linear.weight.square().sum())
    penalty.backward()
    torch.testing.assert_close(linear.weight.grad, 2 * linear.weight)


def test_a_relativistic_loss_asks_only_for_the_difference():
    real, fake = torch.tensor([0.5, 2.0]), torch.tensor([-1.0, 3.0])
    loss = LOSSES["r3gan"]
    expected = (math.log1p(math.exp(-1.5)) + math.log1p(math.exp(1))) / 2
    torch.testing.assert_close(loss.discriminator(real, fake).item(), expected)
    torch.testing.assert_close(loss.discriminator(real + 7, fake + 7).item(), expected)
    torch.testing.assert_close(loss.generator(fake, real).item(), expected)  # the same game with the sides swapped
