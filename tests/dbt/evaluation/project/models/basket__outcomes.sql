{{ insitu.outcomes('basket') }}
