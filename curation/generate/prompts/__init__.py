"""Few-shot templates, prompt texts, question banks and vocabularies as typed data, and what checks them."""
