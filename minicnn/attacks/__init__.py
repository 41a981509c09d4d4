"""Adversarial examples, under the names of captum.robust, and training against them.

Import it by its name: `from minicnn import attacks`. An attack leaves the model, its gradients and
its mode as they were.
"""

from minicnn.attacks.fgsm import FGSM
from minicnn.attacks.pgd import PGD
from minicnn.attacks.training import AdversarialTraining

__all__ = ["FGSM", "PGD", "AdversarialTraining"]
