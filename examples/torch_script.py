"""A torch script that became a minicnn script by changing its imports.

    python examples/torch_script.py

Each import of minicnn has the line of torch that it replaced beside it; nothing below is changed. A
dataset with augmentation, a model with batch normalization, a schedule, a checkpoint: it must reach
97 % of the test images, as it does under torch. Needs scikit-learn, for its digits: the extra
`sklearn`.
"""

import random
import tempfile

import numpy as np
from sklearn.datasets import load_digits

import minicnn as torch  # import torch
from minicnn import nn, optim  # from torch import nn, optim
from minicnn.data import DataLoader, Dataset  # from torch.utils.data import DataLoader, Dataset

EPOCHS = 12
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Digits(Dataset):
    def __init__(self, train):
        images, labels = load_digits(return_X_y=True)
        chosen = (np.arange(len(labels)) % 5 != 0) == train
        self.images = (images[chosen] / 16).astype(np.float32).reshape(-1, 1, 8, 8)
        self.labels, self.train = labels[chosen], train

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.train:  # augmentation: a shift by up to one pixel
            shift = (random.randint(-1, 1), random.randint(-1, 1))
            image = np.roll(image, shift, axis=(1, 2))
        return torch.tensor(image), int(self.labels[index])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.MaxPool2d(2),
        )  # fmt: skip
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(32 * 4 * 4, 10))

    def forward(self, x):
        return self.head(self.features(x))


def train(model, loader, optimizer, scheduler, criterion):
    model.train()
    total = 0.0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        scheduler.step()
        total += loss.item() * len(labels)
    return total / len(loader.dataset)


def test(model, loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            right += (model(images).argmax(dim=1) == labels).sum().item()
    return right / len(loader.dataset)


def main():
    random.seed(0)
    torch.manual_seed(0)
    train_loader = DataLoader(Digits(True), batch_size=32, shuffle=True)
    test_loader = DataLoader(Digits(False), batch_size=128)
    model, criterion = Net().to(device), nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    steps = EPOCHS * len(train_loader)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    path = tempfile.mkdtemp() + "/checkpoint"
    best = 0.0
    for epoch in range(1, EPOCHS + 1):
        loss = train(model, train_loader, optimizer, scheduler, criterion)
        accuracy = test(model, test_loader)
        print(f"epoch {epoch:2}   loss {loss:.3f}   test accuracy {accuracy:.2%}")
        if accuracy >= best:
            best = accuracy
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    assert test(model, test_loader) == best
    return best


if __name__ == "__main__":
    main()
