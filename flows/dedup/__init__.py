"""Deduplication around the pipeline: files, pools of files, shards over processes, what was dropped, the bench."""
