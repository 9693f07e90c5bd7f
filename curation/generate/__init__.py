"""Instruction pairs: questions and answers about scrubbed reports, by models and by code."""
