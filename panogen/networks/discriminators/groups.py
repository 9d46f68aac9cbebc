"""Views are compared with one another in groups, all of one window."""

from torch import Tensor

from panogen.networks.config import GROUP


def deviation(x: Tensor) -> Tensor:
    """Return, of what is known of views (B, ...), the deviation over a view's group, for each of them: (B, ...).

    Views that follow one another are a group: ``GROUP`` of them, or all where there are fewer.
    """
    groups = x.unflatten(0, (-1, min(GROUP, len(x))))
    found: Tensor = (groups.var(1, correction=0, keepdim=True) + 1e-8).sqrt()
    return found.expand_as(groups).flatten(0, 1)
