"""The losses of StyleGAN2: non-saturating logistic, and R1 on real crops."""

import torch
from torch import Tensor
from torch.nn import functional


def generator_loss(fake_scores: Tensor) -> Tensor:
    """-log sigmoid(D(G(z))), averaged over the batch (Goodfellow et al. 2014, section 3)."""
    return functional.softplus(-fake_scores).mean()


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """-log sigmoid(D(x)) - log(1 - sigmoid(D(G(z)))), averaged over the batch."""
    return functional.softplus(-real_scores).mean() + functional.softplus(fake_scores).mean()


def r1_penalty(real_scores: Tensor, real_images: Tensor) -> Tensor:
    """Squared norm of the score's gradient at real images, averaged over the batch (Mescheder et al. 2018, eq. 9).

    Without the factor gamma/2. ``real_images`` must require a gradient, and the scores stem from them.
    """
    (gradient,) = torch.autograd.grad(real_scores.sum(), real_images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()
