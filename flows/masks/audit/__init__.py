"""`sonocurate audit-masks`: plant invented PHI, mask it by the real step, measure what leaks and what is lost."""
