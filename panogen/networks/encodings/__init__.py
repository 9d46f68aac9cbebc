"""Encodings: what a network knows of a point, one file a kind; configs are in ``networks.config``.

One is built by its config for a chart, and gives the features of points under each of some layouts with
``forward(points, layouts)``: (layouts, n, channels), or (1, n, channels) where layouts do not matter. It has its
``config``, its number of ``channels``, the side ``finest_rad`` of the finest detail of its own, and says whether it
``comes_apart``: whether it takes whole columns of points (``ChartPoints.rows``). One whose config depends on the
resolution is ``reshaped(config)`` for another.
"""
