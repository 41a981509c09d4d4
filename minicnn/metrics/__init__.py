"""How good predictions are: functions on arrays, and running metrics that take each batch."""

from minicnn.metrics.classification import (
    accuracy,
    confusion_matrix,
    precision_recall_f1,
    top_k_accuracy,
)
from minicnn.metrics.running import (
    F1,
    Accuracy,
    ConfusionMatrix,
    Metric,
    Precision,
    Recall,
    TopKAccuracy,
)

__all__ = [
    "accuracy",
    "top_k_accuracy",
    "confusion_matrix",
    "precision_recall_f1",
    "Metric",
    "Accuracy",
    "TopKAccuracy",
    "ConfusionMatrix",
    "Precision",
    "Recall",
    "F1",
]
