{{ insitu.evaluation_confusion('USE_CASE') }}
