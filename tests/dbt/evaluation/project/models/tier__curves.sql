{{ insitu.evaluation_curves('tier') }}
