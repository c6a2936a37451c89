{{ promotions('USE_CASE') }}
