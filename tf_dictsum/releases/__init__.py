"""The owners' own annotation files of SumMe and TVSum, and datasets made of them."""
