"""Scrubbing of ultrasound reports: default deny for numbers, lines and words, then recognizers and known PHI."""
