"""Real time: features of any row at any moment, by the models' own SQL, and registered models over HTTP."""
