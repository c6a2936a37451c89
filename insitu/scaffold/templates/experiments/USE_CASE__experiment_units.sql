{{ insitu.experiment_units('USE_CASE') }}
