{{ insitu.decisions('basket') }}
