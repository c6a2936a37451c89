{{ insitu.promotions('USE_CASE') }}
