{{ insitu.promotions('churn') }}
