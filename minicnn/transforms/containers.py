"""Transforms made of transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn.random import current_generator
from minicnn.transforms._image import probability


class _Several:
    """Holds transforms; what a subclass chooses to call gets the image and what comes with it."""

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        name = type(self).__name__
        if not isinstance(transforms, Sequence) or not all(callable(t) for t in transforms):
            raise TypeError(
                f"{name}: transforms must be a list of transforms or functions, got {transforms!r}"
            )
        self.transforms = transforms

    def chosen(self) -> Sequence[Callable[..., Any]]:
        """Return what is to be called this time, in order."""
        raise NotImplementedError

    def __call__(self, *inputs: Any) -> Any:
        for transform in self.chosen():
            outputs = transform(*inputs)
            inputs = outputs if len(inputs) > 1 else (outputs,)
        return inputs if len(inputs) > 1 else inputs[0]

    def __repr__(self) -> str:
        inner = ",\n".join(f"    {line}" for t in self.transforms for line in repr(t).splitlines())
        return f"{type(self).__name__}([\n{inner}\n])"


class Compose(_Several):
    """Call transforms one after the other.

    A dataset that holds an array (`CIFAR10`, `MNIST`, ...) makes whole batches in one pass of a
    kernel, with the same bits, if the transforms are RandomCrop or CenterCrop and flips, at most
    one of each, then ToTensor, then maybe Normalize.

    Args:
        transforms: Transforms, or functions of an image.

    Example:
        >>> from minicnn import transforms
        >>> augment = Compose([
        ...     transforms.RandomCrop(32, padding=4),
        ...     transforms.RandomHorizontalFlip(),
        ...     transforms.ToTensor(),
        ...     transforms.Normalize([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
        ... ])
        >>> augment(np.zeros((32, 32, 3), np.uint8)).shape
        (3, 32, 32)
    """

    def chosen(self) -> Sequence[Callable[..., Any]]:
        return self.transforms


class RandomApply(_Several):
    """Call all of the transforms with probability p, else none.

    Args:
        transforms: Transforms, or functions of an image.
        p: The probability.
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]], p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = probability("RandomApply", p)

    def chosen(self) -> Sequence[Callable[..., Any]]:
        return self.transforms if current_generator().random() < self.p else ()


class RandomChoice(_Several):
    """Call one of the transforms.

    Args:
        transforms: Transforms, or functions of an image.
        p: A weight for each; equal ones if left out. They need not add up to 1.
    """

    def __init__(
        self, transforms: Sequence[Callable[..., Any]], p: Sequence[float] | None = None
    ) -> None:
        super().__init__(transforms)
        if not transforms:
            raise ValueError("RandomChoice: needs at least one transform")
        weights = np.asarray([1.0] * len(transforms) if p is None else p, dtype=np.float64)
        if weights.shape != (len(transforms),) or (weights < 0).any() or not weights.sum() > 0:
            raise ValueError(
                f"RandomChoice: p must be {len(transforms)} weights, not negative, got {p!r}"
            )
        self.p = (weights / weights.sum()).tolist()

    def chosen(self) -> Sequence[Callable[..., Any]]:
        return (self.transforms[current_generator().choice(len(self.p), p=self.p)],)


class RandomOrder(_Several):
    """Call all of the transforms, in a random order.

    Args:
        transforms: Transforms, or functions of an image.
    """

    def chosen(self) -> Sequence[Callable[..., Any]]:
        order = current_generator().permutation(len(self.transforms))
        return [self.transforms[i] for i in order]


class Lambda:
    """Call a function on the image.

    Args:
        lambd: The function. A loader whose workers are spawned processes needs one with a name.
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: lambd must be a function, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, image: Any, *others: Any) -> Any:
        return (self.lambd(image), *others) if others else self.lambd(image)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__name__', self.lambd)})"
