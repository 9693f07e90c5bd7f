"""Exports of a release in the formats that training and benchmark programs read."""
