"""Datasets, samplers and the loader that makes batches of them, under torch's names."""

from minicnn.data.collate import default_collate, default_convert
from minicnn.data.combined import ChainDataset, ConcatDataset, StackDataset, random_split
from minicnn.data.dataset import Dataset, IterableDataset, Subset, TensorDataset
from minicnn.data.loader import DataLoader
from minicnn.data.samplers import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from minicnn.data.worker import WorkerInfo, get_worker_info

__all__ = [
    "Dataset",
    "IterableDataset",
    "TensorDataset",
    "StackDataset",
    "ConcatDataset",
    "ChainDataset",
    "Subset",
    "random_split",
    "Sampler",
    "SequentialSampler",
    "RandomSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "BatchSampler",
    "DataLoader",
    "get_worker_info",
    "WorkerInfo",
    "default_collate",
    "default_convert",
]
