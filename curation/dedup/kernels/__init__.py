"""Kernels that numba compiles: reading texts, the longest common subsequence, the search."""
