"""The columns of `<use_case>__models`: one row per model version. JSON columns are text."""

import pyarrow as pa

_UTC = pa.timestamp("us")

MODELS_SCHEMA = pa.schema(
    [
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("use_case", pa.string(), nullable=False),
        pa.field("candidate", pa.string(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("training_key", pa.string(), nullable=False),
        pa.field("snapshot_id", pa.string(), nullable=False),
        pa.field("training_as_of", _UTC, nullable=False),
        pa.field("status", pa.string(), nullable=False),  # trained | failed
        pa.field("message", pa.string()),
        pa.field("parameters", pa.string()),
        pa.field("config", pa.string()),  # the part of `meta.ml` that this candidate depends on
        pa.field("search_trace", pa.string()),
        pa.field("signature", pa.string()),
        pa.field("feature_importance", pa.string()),
        pa.field("partial_dependence", pa.string()),
        pa.field("artifact", pa.binary()),
        pa.field("artifact_sha256", pa.string()),
        # The same candidate before it saw the validation rows; NULL when `training.refit` is off.
        pa.field("validation_artifact", pa.binary()),
        pa.field("validation_artifact_sha256", pa.string()),
        # The same candidate fitted on all rows, for when it was judged; NULL but for `training: {refit: everything}`.
        pa.field("deployed_artifact", pa.binary()),
        pa.field("deployed_artifact_sha256", pa.string()),
        pa.field("deployed_rows", pa.int64()),
        # What `insitu check` says of the training set's SQL: proved | not proved | not checked, and why.
        pa.field("point_in_time", pa.string()),
        pa.field("point_in_time_message", pa.string()),
        pa.field("code_hash", pa.string()),
        pa.field("config_hash", pa.string()),
        pa.field("git_revision", pa.string()),
        pa.field("library_versions", pa.string()),
        pa.field("random_state", pa.int64()),
        pa.field("trained_rows", pa.int64()),
        pa.field("fit_seconds", pa.float64()),
        pa.field("created_at", _UTC),
    ]
)
