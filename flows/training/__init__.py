"""`sonocurate train`: commands around the reference models of `training/`."""
