{{ insitu.rollout_steps('USE_CASE') }}
