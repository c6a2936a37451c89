{{ insitu.evaluation_curves('basket') }}
