"""Gongshu 公数: a city's public-data platform. See ``docs/architecture.md`` for the map of this package."""

__version__ = "0.1.0"
