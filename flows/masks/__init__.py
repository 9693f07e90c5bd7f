"""Masking outside a run, its audits, and the review of doubtful boxes: one package per command."""
