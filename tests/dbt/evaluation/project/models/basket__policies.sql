{{ insitu.policies('basket') }}
