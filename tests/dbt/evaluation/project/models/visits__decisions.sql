{{ insitu.decisions('visits') }}
