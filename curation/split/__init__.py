"""Splits of a release: which patients belong together, which rows would leak from train to test."""
