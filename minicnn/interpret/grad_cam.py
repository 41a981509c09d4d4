"""Grad-CAM: which places of a layer's feature maps speak for a class."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.interpret._inputs import selected
from minicnn.interpret._run import cut_at, go_back, gradient
from minicnn.interpret.gradients import Attribution, GuidedBackprop
from minicnn.nn.functional import interpolate
from minicnn.nn.inspection import examined, layer_of
from minicnn.tensor import Tensor, no_grad


class LayerGradCam(Attribution):
    """The sum of a layer's feature maps, each weighted by its mean gradient.

    With A_k the k-th of the layer's maps, weight_k = mean over its places of dF_target / dA_k, and
    the result is sum over k of weight_k * A_k (rectified if `relu_attributions`).

    Args:
        model: The network, in eval mode when it is used. It is left as it is.
        layer: One of its modules, or the dotted name of one: "features.8". What it gives must have
            shape (N, C, h, w).

    Raises:
        ValueError: If the model has no such layer; the message lists those that it has.

    Source: Selvaraju et al., "Grad-CAM", arXiv:1610.02391, section 3, equations 1 and 2.
    """

    def __init__(self, model: Any, layer: Any) -> None:
        super().__init__(model)
        self.layer = layer_of(self.op, self.model, layer)

    def attribute(
        self,
        inputs: Any,
        target: Any = None,
        *,
        relu_attributions: bool = False,
        attr_dim_summation: bool = True,
    ) -> Tensor:
        """Return the weighted maps, of the layer's size.

        Args:
            inputs: Images, shape (N, C, H, W), of the range the model was trained with.
            target: The output to explain: a class for all images or N of them; None if the model
                gives one number for each image.
            relu_attributions: Whether to keep only what speaks for the target, as the paper does.
            attr_dim_summation: Whether to sum over the maps.

        Returns:
            Shape (N, 1, h, w), or (N, C, h, w) without the sum, for maps of h rows and w columns.

        Raises:
            ValueError: If the layer gives no maps or is called twice, the model is in training
                mode, or a target is missing or out of range.
            TypeError: If the inputs are not of the model's floating-point type.
        """
        maps, grads = self._maps_and_gradients(self.images(inputs), target)
        weights = grads.mean(axis=(2, 3), keepdims=True)  # (N, C, 1, 1)
        weighted = weights * maps
        if boolean(self.op, "attr_dim_summation", attr_dim_summation):
            weighted = weighted.sum(axis=1, keepdims=True)
        if boolean(self.op, "relu_attributions", relu_attributions):
            weighted = np.maximum(weighted, 0)
        return Tensor(weighted)

    @staticmethod
    def interpolate(
        layer_attribution: Any, interpolate_dims: tuple[int, int], interpolate_mode: str = "nearest"
    ) -> Tensor:
        """Return attributions of a layer in another size, such as (H, W) of the images.

        Args:
            layer_attribution: Shape (N, C, h, w).
            interpolate_dims: (H, W).
            interpolate_mode: "nearest" or "bilinear".

        Returns:
            Shape (N, C, H, W).
        """
        with no_grad():
            return interpolate(layer_attribution, size=interpolate_dims, mode=interpolate_mode)

    def _maps_and_gradients(self, x: np.ndarray, target: Any) -> tuple[np.ndarray, np.ndarray]:
        with examined(self.op, self.model):
            with cut_at(self.op, self.layer) as leaves:
                outputs = self.model(Tensor(x))
            maps = leaves[0]
            if maps.ndim != 4 or len(maps) != len(x):
                raise ValueError(
                    f"{self.op}: layer: it must give feature maps of shape (N, C, h, w), got"
                    f" {maps.shape}; take a convolution or what follows it, before Flatten"
                )
            weights = selected(self.op, outputs, len(x), target)
            go_back(self.op, outputs, weights)
        return maps.data, gradient(self.op, maps)


class GradCAM(LayerGradCam):
    """Grad-CAM as its figures show it: rectified, and of the image's size.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.
        layer: As of `LayerGradCam`.

    Source: Selvaraju et al., "Grad-CAM", arXiv:1610.02391, section 3.
    """

    def attribute(self, inputs: Any, target: Any = None) -> Tensor:  # type: ignore[override]
        """Return relu(sum of the weighted maps), resized bilinearly, shape (N, 1, H, W).

        Arguments and errors are those of `LayerGradCam.attribute`.
        """
        x = self.images(inputs)
        coarse = super().attribute(x, target, relu_attributions=True)
        return self.interpolate(coarse, x.shape[2:], "bilinear")


class GuidedGradCam(GradCAM):
    """Guided backprop times Grad-CAM: fine lines where the class is.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.
        layer: As of `LayerGradCam`.

    Source: Selvaraju et al., "Grad-CAM", arXiv:1610.02391, section 3.2.
    """

    def attribute(self, inputs: Any, target: Any = None) -> Tensor:  # type: ignore[override]
        """Return the product, the shape of inputs; arguments as of `LayerGradCam.attribute`."""
        fine = GuidedBackprop(self.model).attribute(inputs, target)
        return Tensor(fine.data * super().attribute(inputs, target).data)
