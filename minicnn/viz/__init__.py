"""Pictures of networks and of what they compute, by matplotlib (the extra `viz`).

Every function returns a matplotlib `Figure` and shows nothing by itself: save it, or let a notebook
display it. `figure=` draws into one of your own.
"""

from minicnn.viz.images import images

__all__ = ["images"]
