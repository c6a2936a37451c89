{{ evaluation_metrics('basket') }}
