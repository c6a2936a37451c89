{{ insitu.batches('basket') }}
