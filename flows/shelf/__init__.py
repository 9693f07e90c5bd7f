"""The shelf on the command line: exports, benches."""
