"""Figures: from pairs of gold and answer to columns that can be summed and resampled."""
