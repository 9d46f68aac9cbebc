"""Metrics: pure functions of arrays of pictures, one file a metric. They know nothing of models.

A figure of generated pictures means little alone: quote the same figure of real against real beside it.
"""
