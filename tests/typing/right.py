"""What a user writes: a dataset, a network, a loop of one's own, and a Trainer."""

from pathlib import Path

import numpy as np

import minicnn
import minicnn.nn.functional as F
from minicnn import Tensor, nn, optim, transforms
from minicnn.data import DataLoader, Dataset, random_split
from minicnn.metrics import Accuracy, TopKAccuracy
from minicnn.models import resnet20
from minicnn.training import EarlyStopping, History, ModelCheckpoint, Trainer


class Squares(Dataset):
    def __init__(self, count: int, transform: transforms.Compose | None = None) -> None:
        rng = np.random.default_rng(0)
        self.images = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
        self.transform = transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = self.images[index]
        if self.transform is not None:
            image = self.transform(image)
        return minicnn.tensor(image), index % 2


class Net(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.blocks = nn.ModuleList([nn.Conv2d(width, width, 3, padding=1) for _ in range(2)])
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 2))
        self.scale = nn.Parameter(minicnn.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.conv(x)))
        for block in self.blocks:
            x = x + F.relu(block(x))
        y: Tensor = self.head(x) * self.scale
        return y


def main() -> None:
    minicnn.manual_seed(0)
    device = minicnn.device("cuda" if minicnn.cuda.is_available() else "cpu")
    augment = transforms.Compose(
        [
            transforms.RandomCrop(8, padding=2),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
    train, test = random_split(Squares(64, augment), [48, 16])
    loader = DataLoader(train, batch_size=16, shuffle=True, num_workers=2, drop_last=True)
    model = Net().to(device)
    model.apply(init_weights)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    for epoch in range(2):
        model.train()
        total: float = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            total += loss.item() * images.size(0) + 0 * norm.item()
        scheduler.step()
        rate: float = scheduler.get_last_lr()[0]
        print(f"{epoch} {total:.3f} {rate:.3f}")
    model.eval()
    with minicnn.no_grad():
        for images, labels in DataLoader(test, batch_size=16):
            right = (model(images).argmax(dim=1) == labels).float().mean()
            values, indices = model(images).softmax(dim=1).topk(2)
            print(right.item(), values.shape, indices.numpy().tolist())
    minicnn.save(model.state_dict(), "net.safetensors")
    model.load_state_dict(minicnn.load("net.safetensors"))
    history = train_with_trainer(loader)
    best: float = max(history["accuracy"])
    print(best, minicnn.summary(model, (3, 8, 8)))


def init_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def train_with_trainer(loader: DataLoader) -> History:
    model = resnet20(num_classes=2)
    weights: list[np.ndarray] = [p.data for p in model.parameters() if p.requires_grad]
    print(sum(w.size for w in weights))
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    trainer = Trainer(
        optimizer,
        metrics=[Accuracy(), TopKAccuracy(2)],
        callbacks=[EarlyStopping(patience=3), ModelCheckpoint(Path("best.safetensors"))],
        progress=False,
    )
    return trainer.fit(model, loader, epochs=1, validation=loader)


if __name__ == "__main__":
    main()
