"""Figures of free text: n-grams, subsequences, alignments, embeddings."""
