"""The commands of `insitu`, one module per theme; `insitu.cli` puts them together.

One more command: a click function here that calls the library, and its name in the list of `insitu/cli.py`.
"""
