{{ evaluation_metrics('visits') }}
