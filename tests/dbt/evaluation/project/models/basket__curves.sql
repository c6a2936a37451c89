{{ evaluation_curves('basket') }}
