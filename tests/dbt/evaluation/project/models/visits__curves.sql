{{ evaluation_curves('visits') }}
