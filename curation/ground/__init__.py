"""Grounded data: annotations of frames, their geometry, and the instruction pairs made of them."""
