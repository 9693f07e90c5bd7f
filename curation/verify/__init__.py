"""Verify: rule checks of instruction pairs against their report."""
