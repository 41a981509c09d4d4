"""The shapes that the benchmarks run over: layers of small CNNs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ConvShape:
    """A square convolution: N images of C channels and H x H pixels, O kernels of K x K."""

    N: int
    C: int
    H: int
    O: int  # noqa: E741 - output channels
    K: int
    stride: int
    padding: int

    @property
    def H_out(self) -> int:  # noqa: N802 - the field's letter
        return (self.H + 2 * self.padding - self.K) // self.stride + 1

    @property
    def x(self) -> tuple[int, int, int, int]:
        return (self.N, self.C, self.H, self.H)

    @property
    def weight(self) -> tuple[int, int, int, int]:
        return (self.O, self.C, self.K, self.K)

    @property
    def y(self) -> tuple[int, int, int, int]:
        return (self.N, self.O, self.H_out, self.H_out)

    @property
    def gflop(self) -> float:
        """2 for each multiply-add of the definition, taps on the padding included, in 10^9."""
        return 2e-9 * self.N * self.O * self.H_out**2 * self.C * self.K**2

    @property
    def megabytes(self) -> float:
        """What a pass must move at least, in 10^6 bytes of float32: x, weight and y once each."""
        x, weight = self.N * self.C * self.H**2, self.O * self.C * self.K**2
        return 4e-6 * (x + weight + self.N * self.O * self.H_out**2)

    def __str__(self) -> str:
        name = f"{self.N}x{self.C}x{self.H}x{self.H} -> {self.O}, {self.K}x{self.K}"
        name += f" s{self.stride}" if self.stride != 1 else ""
        return name + (f" p{self.padding}" if self.padding else "")


CONV_SHAPES = [
    ConvShape(64, 1, 28, 6, 5, 1, 2),
    ConvShape(64, 1, 28, 32, 3, 1, 1),
    ConvShape(64, 6, 14, 16, 5, 1, 0),
    ConvShape(64, 3, 32, 16, 3, 1, 1),
    ConvShape(64, 3, 32, 64, 3, 1, 1),
    ConvShape(64, 16, 32, 16, 3, 1, 1),
    ConvShape(64, 32, 16, 32, 3, 1, 1),
    ConvShape(64, 64, 8, 64, 3, 1, 1),
    ConvShape(64, 64, 32, 64, 3, 1, 1),
    ConvShape(32, 128, 16, 128, 3, 1, 1),
    ConvShape(32, 256, 8, 256, 3, 1, 1),
    ConvShape(8, 64, 56, 64, 1, 1, 0),
    ConvShape(8, 3, 224, 64, 7, 2, 3),
    ConvShape(8, 512, 7, 512, 3, 1, 1),
    ConvShape(128, 16, 32, 32, 3, 2, 1),
    ConvShape(64, 32, 26, 64, 3, 1, 0),
    ConvShape(64, 512, 4, 512, 3, 1, 1),
    ConvShape(64, 512, 2, 512, 3, 1, 1),
]


@dataclass(frozen=True)
class GemmShape:
    """C = op(A) op(B) with op(A) of shape (M, K) and op(B) of shape (K, N); T means transposed."""

    M: int
    N: int
    K: int
    transposes: str = "NN"  # of A and of B

    @property
    def a(self) -> tuple[int, int]:
        return (self.K, self.M) if self.transposes[0] == "T" else (self.M, self.K)

    @property
    def b(self) -> tuple[int, int]:
        return (self.N, self.K) if self.transposes[1] == "T" else (self.K, self.N)

    @property
    def gflop(self) -> float:
        return 2e-9 * self.M * self.N * self.K

    @property
    def megabytes(self) -> float:
        return 4e-6 * (self.M * self.K + self.K * self.N + self.M * self.N)

    def __str__(self) -> str:
        return f"{self.transposes} {self.M}x{self.N}x{self.K}"


# Squares, then a Linear layer's products: y = x W^T, grad_x = grad_y W, grad_W = grad_y^T x.
GEMM_SHAPES = [
    GemmShape(256, 256, 256),
    GemmShape(512, 512, 512),
    GemmShape(1024, 1024, 1024),
    GemmShape(2048, 2048, 2048),
    GemmShape(64, 128, 9216, "NT"),
    GemmShape(64, 9216, 128, "NN"),
    GemmShape(128, 9216, 64, "TN"),
    GemmShape(64, 500, 1024, "NT"),
    GemmShape(64, 120, 400, "NT"),
    GemmShape(64, 84, 120, "NT"),
    GemmShape(64, 10, 512, "NT"),
]


@dataclass(frozen=True)
class PoolShape:
    """A square pooling window of K x K pixels over an (N, C, H, H) batch."""

    N: int
    C: int
    H: int
    K: int
    stride: int
    padding: int = 0

    @property
    def x(self) -> tuple[int, int, int, int]:
        return (self.N, self.C, self.H, self.H)

    @property
    def H_out(self) -> int:  # noqa: N802 - the field's letter
        return (self.H + 2 * self.padding - self.K) // self.stride + 1

    @property
    def megabytes(self) -> float:
        """What a pass must move at least, in 10^6 bytes of float32: x and y once each."""
        return 4e-6 * self.N * self.C * (self.H**2 + self.H_out**2)

    def __str__(self) -> str:
        window = f"{self.K}x{self.K} s{self.stride}" + (f" p{self.padding}" if self.padding else "")
        return f"{self.N}x{self.C}x{self.H}x{self.H}, {window}"


POOL_SHAPES = [
    PoolShape(64, 6, 28, 2, 2),
    PoolShape(64, 16, 10, 2, 2),
    PoolShape(128, 16, 32, 2, 2),
    PoolShape(64, 64, 24, 2, 2),
    PoolShape(64, 256, 8, 2, 2),
    PoolShape(64, 64, 32, 3, 2, 1),
    PoolShape(8, 64, 112, 3, 2, 1),
]
