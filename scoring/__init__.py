"""`python -m scoring`, in this repository, is `insitu score`; the code is in `insitu/scoring`."""
