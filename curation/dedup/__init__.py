"""Deduplicate: the paper's rule over instruction pairs, exactly."""
