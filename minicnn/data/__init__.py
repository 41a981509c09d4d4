"""Datasets, samplers and the loader that makes batches of them, under torch's names."""

from minicnn.data.collate import default_collate
from minicnn.data.dataset import Dataset, Subset, TensorDataset, random_split
from minicnn.data.loader import DataLoader
from minicnn.data.samplers import BatchSampler, RandomSampler, SequentialSampler

__all__ = [
    "Dataset",
    "TensorDataset",
    "Subset",
    "random_split",
    "SequentialSampler",
    "RandomSampler",
    "BatchSampler",
    "DataLoader",
    "default_collate",
]
