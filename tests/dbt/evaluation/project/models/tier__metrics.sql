{{ evaluation_metrics('tier') }}
