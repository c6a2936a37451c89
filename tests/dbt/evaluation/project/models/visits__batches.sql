{{ insitu.batches('visits') }}
