{{ insitu.evaluation_curves('visits') }}
