{{ evaluation_curves('tier') }}
