"""Grounded data outside the pipeline: the bench and its invented shapes."""
