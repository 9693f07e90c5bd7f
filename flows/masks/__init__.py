"""Audits of the masks: a sample for human readers, and the review of doubtful boxes."""
