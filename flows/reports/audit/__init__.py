"""Measure scrubbing on labelled reports."""
