"""Which features made a score what it is: contributions that add up to its difference from a usual one.

They are told where an estimator adds up, before calibration: in log-odds, in the label's unit, in a forest of classes
in probability.
"""

from insitu.registry.reasons.explainer import Explainer, Reasons

__all__ = ["Explainer", "Reasons"]
