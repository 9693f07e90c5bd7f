"""The four suites: which figures belong to which task."""
