{{ evaluation_metrics('flight_delay') }}
