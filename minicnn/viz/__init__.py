"""Pictures of networks and of what they compute, by matplotlib (the extra `viz`).

Every function returns a matplotlib `Figure` and shows nothing by itself: save it, or let a notebook
display it. `figure=` draws into one of your own.
"""

from minicnn.viz.activations import activations
from minicnn.viz.embedding import embedding, pca
from minicnn.viz.graph import Graph, graph
from minicnn.viz.images import images
from minicnn.viz.landscape import loss_grid, loss_landscape
from minicnn.viz.layers import feature_maps, filters
from minicnn.viz.receptive import receptive_field, receptive_field_of
from minicnn.viz.results import confusion_matrix, misclassified
from minicnn.viz.training import gradient_histograms, learning_curves, weight_histograms

__all__ = [
    "images",
    "filters",
    "feature_maps",
    "activations",
    "learning_curves",
    "confusion_matrix",
    "misclassified",
    "weight_histograms",
    "gradient_histograms",
    "receptive_field",
    "receptive_field_of",
    "embedding",
    "pca",
    "loss_landscape",
    "loss_grid",
    "graph",
    "Graph",
]
