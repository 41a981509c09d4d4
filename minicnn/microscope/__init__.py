"""A microscope for the kernels: pages that show step by step how they compute what they compute.

    python -m minicnn.microscope conv2d --input 1,2,5,5 --weight 3,2,3,3 --stride 2 --padding 1

writes conv2d.html. Every number on the page was recorded from the kernels of cpp/ while they ran.
"""

from minicnn.microscope.avg_pool2d import avg_pool2d
from minicnn.microscope.conv2d import conv2d
from minicnn.microscope.max_pool2d import max_pool2d

__all__ = ["conv2d", "max_pool2d", "avg_pool2d"]
