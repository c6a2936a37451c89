{{ insitu.policies('visits') }}
