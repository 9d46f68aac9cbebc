"""Many machines for one picture: its windows are rendered by the workers of a dask cluster."""

from panogen.apps.cluster.flight import spread

__all__ = ["spread"]
