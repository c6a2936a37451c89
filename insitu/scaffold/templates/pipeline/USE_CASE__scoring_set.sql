{{ insitu.scoring_set('USE_CASE') }}
