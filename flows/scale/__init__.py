"""Where chunks run: threads, processes or a Dask cluster, and how large it must be."""
