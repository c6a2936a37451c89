"""Random queries, and whether one leaks that is called proved: `python -m insitu.proof.fuzz --queries 10000`."""
