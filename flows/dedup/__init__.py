"""Deduplication outside and around the pipeline: the file command, shards over processes, what was dropped, the bench."""
