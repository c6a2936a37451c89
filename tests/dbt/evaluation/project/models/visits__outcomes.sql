{{ insitu.outcomes('visits') }}
