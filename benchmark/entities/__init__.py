"""Structures, findings, attributes and statuses that a text states or denies, in English and Chinese."""
