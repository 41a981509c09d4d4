"""What groups of operations make of NaN and infinity: the second table of docs/nan.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Operations that treat NaN and infinity alike."""

    title: str
    operations: tuple[str, ...]
    of_nan: str
    of_infinity: str


def names(place: str, text: str) -> tuple[str, ...]:
    return tuple([f"{place}.{name}" for name in text.split()])


IEEE = "as IEEE 754 has it: inf - inf and 0 * inf are NaN"
GROUPS = (
    Group(
        "Sums of products",
        names("F", "conv1d conv2d conv_transpose1d conv_transpose2d linear avg_pool1d avg_pool2d"
              " adaptive_avg_pool1d adaptive_avg_pool2d fold interpolate")
        + names("ops", "matmul einsum sum mean"),
        "Exactly the results that a NaN is a term of are NaN, also if its weight is 0; but see"
        " Convolution below.",
        IEEE,
    ),
    Group(
        "Arithmetic",
        names("ops", "add sub mul div pow prod"),
        "NaN, but `pow(NaN, 0)` and `pow(1, NaN)` are 1",
        IEEE,
    ),
    Group(
        "Moving numbers",
        names("F", "flatten unflatten unfold pad embedding max_unpool1d max_unpool2d pixel_shuffle"
              " pixel_unshuffle channel_shuffle")
        + names("ops", "reshape view cat stack split chunk clone expand flip gather getitem permute"
                " repeat roll squeeze unsqueeze transpose to where"),
        "Kept with every bit; nothing else changes. `where` shows no NaN that it does not choose.",
        "kept",
    ),
    Group(
        "Maxima",
        names("F", "max_pool1d max_pool2d adaptive_max_pool1d adaptive_max_pool2d")
        + names("ops", "max amax argmax topk maximum"),
        "NaN counts as the largest number; the index is that of the first NaN.",
        "All -inf gives -inf and the first index. Padding is never chosen, nor is it counted.",
    ),
    Group(
        "Minima",
        names("ops", "min amin argmin minimum"),
        "NaN counts as the smallest number too; the index is that of the first NaN. With"
        " `topk(largest=False)` it counts as the largest.",
        "All inf gives inf and the first index.",
    ),
    Group(
        "Bounds",
        names("ops", "clamp") + names("F", "threshold prelu"),
        "NaN",
        "as for finite numbers",
    ),
    Group(
        "Comparisons",
        names("ops", "eq ne lt le gt ge") + names("F", "one_hot"),
        "NaN is equal to nothing, smaller and larger than nothing: only `ne` is True.",
        "as for finite numbers; inf == inf. `one_hot` takes integers.",
    ),
    Group(
        "Truth",
        names("ops", "isnan isinf isfinite logical_and logical_or logical_xor logical_not any all"),
        "True, as every number but 0 is; `isnan` finds it.",
        "True; `isinf` finds it, of either sign.",
    ),
    Group(
        "Order",
        names("ops", "sort argsort"),
        "NaN counts as the largest number; several stay in their order.",
        "as for finite numbers",
    ),
    Group(
        "Running sums",
        names("ops", "cumsum"),
        "NaN at its place and all behind it.",
        IEEE,
    ),
    Group(
        "Remainders",
        names("ops", "remainder floor_divide"),
        "NaN",
        "Of inf: NaN (`inf // 0` is inf). By inf: `remainder` gives the dividend or, if the signs"
        " differ, inf; `floor_divide` 0 or -1.",
    ),
    Group(
        "Softmax",
        names("F", "softmax log_softmax softmin"),
        "Its row (along `dim`) is NaN, no other.",
        "-inf has probability 0 (log: -inf). A row with inf, or of -inf alone, is NaN. `softmin`:"
        " the same of -x.",
    ),
    Group(
        "Attention",
        names("F", "scaled_dot_product_attention"),
        "In query: its row of the result. In key: all rows that may attend to it. In value: its"
        " column, in all rows, for 0 * NaN is NaN.",
        "A mask of -inf excludes; a row that may attend to nothing is 0.",
    ),
    Group(
        "Statistics",
        names("ops", "var std") + names("F", "layer_norm group_norm instance_norm"),
        "All that shares its mean is NaN: the row, the group, the channel of a sample.",
        "the same",
    ),
    Group(
        "Batch norm",
        names("F", "batch_norm"),
        "While training, its channel, in all samples, and the running statistics; in evaluation,"
        " only itself.",
        "while training the same; in evaluation inf, or -inf if the weight is negative",
    ),
    Group(
        "Local response norm",
        names("F", "local_response_norm"),
        "NaN in its window of channels.",
        "NaN at its own place and 0 at its neighbours'; all else as without it",
    ),
    Group(
        "Lengths",
        names("F", "normalize cosine_similarity pairwise_distance") + names("ops", "norm"),
        "Its row is NaN, no other.",
        "`norm`, `pairwise_distance`: inf. `normalize`: NaN at its own place, 0 beside it."
        " `cosine_similarity`: NaN",
    ),
    Group(
        "Logarithm of a sum",
        names("ops", "logsumexp"),
        "Its row is NaN, no other.",
        "inf gives inf; all -inf give -inf",
    ),
    Group(
        "Gates",
        names("F", "glu"),
        "NaN in either half makes their result NaN.",
        "a * sigmoid(b): inf * 1, but inf * sigmoid(-inf) is NaN",
    ),
    Group(
        "Dropout",
        names("F", "dropout dropout1d dropout2d"),
        "NaN, dropped or not: it stays visible.",
        "dropped: NaN; kept: itself",
    ),
    Group(
        "Reading along a grid",
        names("F", "grid_sample affine_grid"),
        "A pixel: the results that read it; a place: its own. A number of `theta`: x or y of its"
        " image's whole grid.",
        "A place that is infinite is read as NaN; with `border`, as the edge.",
    ),
    Group(
        "Margins",
        names("F", "margin_ranking_loss hinge_embedding_loss cosine_embedding_loss"
              " triplet_margin_loss triplet_margin_with_distance_loss multi_margin_loss"
              " multilabel_margin_loss"),
        "NaN for its sample, also where the margin is kept. `multilabel_margin_loss`: unless no"
        " class is right.",
        "0 on the right side of a margin, inf on the wrong one; inf against inf is NaN. Angles:"
        " NaN.",
    ),
    Group(
        "Likelihoods",
        names("F", "soft_margin_loss multilabel_soft_margin_loss poisson_nll_loss"
              " gaussian_nll_loss"),
        "NaN for its sample, no other.",
        "As their formulas by IEEE 754: 0 or inf by the sign, inf - inf and 0 * inf are NaN.",
    ),
    Group(
        "Losses of differences",
        names("F", "mse_loss l1_loss huber_loss smooth_l1_loss"),
        "NaN; with a mean or sum, all of it.",
        "inf; of inf and inf, NaN",
    ),
    Group(
        "Losses of scores",
        names("F", "cross_entropy"),
        "NaN for its sample, no other.",
        "A class of -inf has probability 0: nothing is lost unless it is the target, where the loss"
        " is inf. A sample with inf, or of -inf alone, is NaN.",
    ),
    Group(
        "Losses of log-probabilities",
        names("F", "nll_loss kl_div"),
        "NaN where it is used: `nll_loss` reads the target's alone. `kl_div` shows it also at a"
        " target of 0.",
        "`nll_loss`: -x of the target. `kl_div`: a class of probability 0 costs 0, also at -inf;"
        " else -inf costs inf.",
    ),
    Group(
        "Losses of probabilities",
        names("F", "binary_cross_entropy"),
        "ValueError: it is no probability. A target of NaN: NaN.",
        "ValueError. Logarithms are cut off at -100, so that 0 and 1 cost at most 100.",
    ),
    Group(
        "Losses of one score",
        names("F", "binary_cross_entropy_with_logits"),
        "NaN",
        "inf costs inf, but NaN at a target of 1 (inf - inf); -inf costs NaN. Gradients are exact:"
        " sigmoid(x) - target",
    ),
)  # fmt: skip
