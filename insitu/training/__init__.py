"""Fits a use case's candidates on a warehouse snapshot and returns them as rows of `<use_case>__models`.

`train.train` is the entrance. All that decides how a model comes out is in `fitting`, whose code is hashed into every
training key. Around it: checks of what is declared, keys, checkpoints, and what is done with fitted models.
"""
