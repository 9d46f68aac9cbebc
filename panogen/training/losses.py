"""The losses of the game, each a line in LOSSES, and the gradient penalties that keep it stable."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Loss:
    """What the discriminator and the generator minimise, both from (real scores, fake scores), (B, ...) each.

    ``penalises_fakes`` asks for the gradient penalty at generated images too (R2).
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    penalises_fakes: bool = False


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """-log sigmoid(D(x)) - log(1 - sigmoid(D(G(z)))), averaged over the batch."""
    return functional.softplus(-real_scores).mean() + functional.softplus(fake_scores).mean()


def generator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """-log sigmoid(D(G(z))), averaged over the batch (Goodfellow et al. 2014, section 3)."""
    return functional.softplus(-fake_scores).mean()


def relativistic_discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """-log sigmoid(D(x) - D(G(z))) over pairs (Huang et al. 2024, equation 2)."""
    return functional.softplus(fake_scores - real_scores).mean()


def relativistic_generator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The same with the two swapped: a generated crop should look more real than its partner."""
    return functional.softplus(real_scores - fake_scores).mean()


LOSSES = {
    "stylegan2": Loss(discriminator_loss, generator_loss),
    "r3gan": Loss(relativistic_discriminator_loss, relativistic_generator_loss, penalises_fakes=True),
}


def gradient_penalty(scores: Tensor, images: Tensor) -> Tensor:
    """Squared norm of the score's gradient at images, averaged over the batch (Mescheder et al. 2018, eq. 9 and 10).

    R1 at real images, R2 at generated ones, without the factor gamma/2. ``images`` must require a gradient, and the
    scores stem from them.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()
