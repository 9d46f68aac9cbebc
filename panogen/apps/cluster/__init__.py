"""Many machines for one picture: its windows are rendered by the workers of a dask cluster."""
