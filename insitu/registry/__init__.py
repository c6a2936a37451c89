"""Fitted models as warehouse rows: artifact bytes, signature, versions, and their application to Arrow batches."""

import insitu.threads  # noqa: F401  before scikit-learn loads OpenMP
