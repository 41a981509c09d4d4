"""Adversarial training: a callback of the trainer that attacks each batch before it is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.attacks._attack import Attack
from minicnn.tensor import Tensor, as_tensor
from minicnn.training.callbacks import Callback
from minicnn.training.evaluation import mode_kept
from minicnn.training.run import Run


class AdversarialTraining(Callback):
    """Lets a trainer learn from attacked images, made anew for each batch by the model as it is.

    The batch becomes its images and their attacked copies, so the loss is the mean of both's (the
    first source's, with a half for each), and so are the run's metrics; without `keep_clean` it is
    the attacked copies alone (the second source's). Validation has images as they are. While it is
    attacked, the model is in eval mode: running statistics do not see these passes.

    Args:
        attack: Of the model that is trained.
        keep_clean: Whether to learn from the images as they are, too.
        settings: What the attack's `perturb` is called with, but for inputs and target.

    Raises:
        TypeError: If `attack` is none.
        ValueError: At the first batch, if it attacks another model or a setting is wrong.

    Example:
        >>> from minicnn import nn, optim
        >>> from minicnn.attacks import FGSM
        >>> from minicnn.training import Trainer
        >>> model = nn.Linear(4, 2)
        >>> defence = AdversarialTraining(FGSM(model), epsilon=0.1)
        >>> optimizer = optim.SGD(model.parameters(), lr=1.0)
        >>> trainer = Trainer(optimizer, callbacks=[defence], progress=False)
        >>> batch = (np.eye(4, dtype=np.float32), np.array([0, 0, 1, 1]))
        >>> len(trainer.fit(model, [batch], epochs=3))
        3

    Sources: Goodfellow, Shlens & Szegedy, arXiv:1412.6572, section 6; Madry et al.,
    arXiv:1706.06083, section 2.
    """

    def __init__(self, attack: Attack, *, keep_clean: bool = True, **settings: Any) -> None:
        if not isinstance(attack, Attack):
            raise TypeError(
                "AdversarialTraining: attack must be one of minicnn.attacks, such as FGSM(model),"
                f" got {type(attack).__name__}"
            )
        self.attack, self.settings = attack, settings
        self.keep_clean = boolean("AdversarialTraining", "keep_clean", keep_clean)

    def on_batch_begin(self, run: Run) -> None:
        """Replace or extend the batch."""
        if self.attack.model is not run.model:
            raise ValueError(
                "AdversarialTraining: the attack must be of the model that is trained; it has"
                f" another {type(self.attack.model).__name__}"
            )
        x, y = as_tensor(run.x).data, as_tensor(run.y).data
        with mode_kept(run.model, False):
            attacked = self.attack.perturb(x, target=y, **self.settings).data
        if self.keep_clean:
            run.x, run.y = Tensor(np.concatenate([x, attacked])), Tensor(np.concatenate([y, y]))
        else:
            run.x = Tensor(attacked)
