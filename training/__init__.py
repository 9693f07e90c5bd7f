"""CONSUMER: a small, exact reference of the models that releases are made for. Needs the extra `train`."""
