"""Plans: a generator folded for one latent field, for inference alone; one file a kind."""

from panogen.base.errors import UsageError
from panogen.grids import Grid
from panogen.latents import LatentField
from panogen.networks import Generator
from panogen.rendering.plans.columns import ColumnPlan
from panogen.rendering.plans.factored import FactoredPlan
from panogen.rendering.plans.folded import FoldedPlan
from panogen.rendering.plans.plan import Plan


def plan_of(
    generator: Generator, field: LatentField, grid: Grid, *, noise: bool = False, any_order: bool = False
) -> Plan:
    """Return the plan of a field on a grid: weights folded once for a single latent, for each column of a panorama
    where the latents change with the azimuth alone, and otherwise factored.

    With ``noise`` it adds the noise that the generator has learned strengths of. Raises UsageError where it has none.
    With ``any_order``, and for a scattered grid, its blocks are any points, a row of them.
    """
    if noise and not generator.config.noise:
        raise UsageError("noise is for models that have learned how strong it is, which this one has not; leave it out")
    any_order = any_order or grid.scattered
    apart = not any_order and grid.columns_are_meridians and generator.comes_apart
    if len(field.anchors) == 1:
        return FoldedPlan(generator, field, noise=noise, any_order=any_order, apart=apart)
    if apart and field.weights.azimuthal and not noise:
        return ColumnPlan(generator, field, grid.shape[0])
    return FactoredPlan(generator, field, noise=noise, any_order=any_order)
