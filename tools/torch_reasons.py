"""Why minicnn has not what torch has, by patterns of names, and remarks on what differs."""

from __future__ import annotations

import re

REASONS = {  # the first pattern that fits: why such names are not offered
    r"(RNN|LSTM|GRU)": "recurrent networks are another subject",
    r"(Transformer|MultiheadAttention|multi_head_attention)": "transformers are another subject;"
    " `scaled_dot_product_attention` is there",
    r"3d": "3-D: images and signals only",
    r"(Quant|Stub|quant)": "quantization",
    r"(Sparse|EmbeddingBag|embedding_bag)": "sparse gradients and bags of words",
    r"(DataParallel|SyncBatchNorm)": "several devices or processes",
    r"^Buffer$": "`register_buffer` makes one",
    r"Lazy|Uninitialized": "layers state their sizes; `minicnn.summary` tells them",
    r"^(CTC|ctc)": "speech recognition",
    r"(Fractional|fractional|LPPool|lp_pool)": "rare kinds of pooling",
    r"^(max_.*|adaptive_max_.*|fractional.*)_with_indices": "an alias: `return_indices=True`",
    r"_$": "in place: a tensor's values are not changed under the graph",
    r"(AdaptiveLogSoftmax|adaptive_log_softmax)": "very large vocabularies",
    r"(gumbel|RReLU|rrelu)": "random activations",
    r"(ASGD|Rprop|RAdam|LBFGS|Adafactor|Muon|SparseAdam)": "rare for CNNs",
    r"(linear_cross_entropy|LinearCrossEntropy)": "a fusion that saves memory with very large"
    " vocabularies; `linear` and `cross_entropy` do it",
    r"(BoundingBox|KeyPoints|bounding_boxes|keypoints|check_type|has_a|SetClamping|Labels|Video|Temporal|IoU|wrap|query_)":
    "boxes, key points and videos; crops by hand",
    r"AugMix": "its loss compares three versions of each image, which takes a loop of one's own",
    r"JPEG": "needs a codec; Pillow's `save` and `open` in a `Lambda` do it",
    r"(Image|PIL|Dtype|PureTensor|Transform|functional|Identity)":
    "a minicnn image is an ndarray or a PIL image",
    r"(RMSNorm|rms_norm)": "a norm of transformers",
    r"(feature_alpha|FeatureAlpha|alpha_dropout|AlphaDropout)": "dropout for SELU networks",
    r"upsample": "retired: `interpolate` does it",
    r"CrossMap": "an older form of `LocalResponseNorm`",
    r"(pdist|Bilinear|bilinear)": "products and distances of all pairs, which CNNs do not have",
    r"(Container|NLLLoss2d|factory_kwargs|swap_in_optimizer|boolean_dispatch|assert_|has_torch|handle_torch|conv_tbc|native_channel|grouped_mm"
    r"|scaled_mm|scaled_grouped|ScalingType|SwizzleType|upsample)": "an internal or retired name",
}  # fmt: skip
REMARKS = {  # what no comparison of signatures finds
    "torch.nn.functional.grid_sample": "without `mode='bicubic'` and images of three axes",
    "torch.nn.functional.interpolate": "without `mode='trilinear'`",
    "torch.nn.functional.affine_grid": "without images of three axes",
    "torch.nn.functional.cosine_similarity": "where a length is below `eps`, the gradient is the"
    " derivative of what is computed, which torch's is not",
    "torch.nn.functional.hardsigmoid": "the gradient is exact; torch rounds 1/6 to float32",
    "torch.nn.functional.celu": "the gradient is exact; torch rounds it to float32",
    "torch.optim.NAdam": "keeps its product of momenta in float64 (torch: in the default dtype)",
    "torch.optim.RMSprop": "a centered variance that rounds below 0 counts as 0 (torch: NaN)",
    "torch.optim.lr_scheduler.OneCycleLR": "stays at the last rate behind the last step",
}


def reason(module: str, name: str) -> str:
    """Return why a name of torch is not offered."""
    for pattern, why in REASONS.items():
        if re.search(pattern, name):
            return why
    return "missing so far"
