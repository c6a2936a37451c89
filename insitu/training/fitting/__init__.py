"""Everything that decides how a model comes out, from the rows of a snapshot to a fitted estimator.

The folder is the code hash (`insitu.registry.code`): a change of its code trains every model anew, a change of its
comments and docstrings does not. What cannot change a fitted model stays outside. The modules here import only
each other and the few modules below them that `insitu.registry.code` lists, with their part in the hash.
"""

import insitu.threads  # noqa: F401  before scikit-learn loads OpenMP
