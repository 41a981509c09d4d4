"""torch's place for `data`: `minicnn.utils.data` is `minicnn.data`."""

from minicnn import data

__all__ = ["data"]
