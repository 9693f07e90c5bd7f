"""Reports outside a warehouse: scrub a file, measure the scrubbing."""
