"""What torch.nn.utils.parametrizations calls by names of its own: `nn.utils.parametrizations`."""

from minicnn.nn.weight_norm import parametrized_weight_norm as weight_norm

__all__ = ["weight_norm"]
